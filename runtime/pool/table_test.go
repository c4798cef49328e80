package pool_test

import "testing"

// TestPool has one test for each row of the seed's table, Net::SIP::SocketPool, under the row's name.
func TestPool(t *testing.T) {
	rows := []struct {
		name string
		test func(*testing.T)
	}{
		{"C1", testConstructor},
		{"C2", testConnected},
		{"C3", testRestriction},
		{"C4", testAnyPeer},
		{"C5", testLimits},
		{"C6", testTLSContextsOnce},
		{"C7", testTLSBothRoles},
		{"C8", testVerifyClient},
		{"C9", testMaster},
		{"C10", testClose},
		{"S1", testSendTells},
		{"S2", testSocketChoice},
		{"S3", testTransaction},
		{"S4", testSendUDP},
		{"S5", testSendStream},
		{"S6", testNewConnection},
		{"S7", testPartialWrite},
		{"S8", testConnectErrors},
		{"S9", testConnectTimeout},
		{"S10", testServerName},
		{"S11", testWaiters},
		{"R1", testDelivery},
		{"R2", testReceiveUDP},
		{"R3", testAccept},
		{"R4", testRead},
		{"R5", testReassembly},
		{"R6", testRequestMemory},
		{"R7", testKeepAlive},
		{"L1", testIdleStamp},
		{"L2", testExpiryFormula},
		{"L3", testExpiryTimer},
		{"L4", testCloseOrder},
		{"L5", testConnectionLimits},
		{"L6", testAttachDetach},
		{"L7", testIPv6},
		{"L8", testErrors},
		{"LegPorts", testLegPorts},
		{"ReceivedRport", testReplyToSource},
		{"Resolve", testResolve},
		{"No", testRefusalsBeforeClose},
	}
	for _, row := range rows {
		t.Run(row.name, row.test)
	}
}
