// Package registrar is a SIP registrar and stateful proxy (RFC 3261 sections 10 and 16): users of its domains register where they can be
// reached, and requests for them go there, to all their contacts at once. Requests of users to other domains go on by RFC 3263.
//
// Bindings and accounts are kept by a [Directory]; [Memory] is the one that forgets everything when it ends.
//
// A REGISTER must prove who sends it, and so must a request that leaves for another domain: nobody uses the proxy as an open relay. A
// registrar without a realm asks nobody and goes nowhere but to its own users.
package registrar
