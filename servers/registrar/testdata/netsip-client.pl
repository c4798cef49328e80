# A user agent on Net::SIP: carol calls bob and hangs up.
use strict;
use warnings;
use Net::SIP;

$| = 1;
my ($proxy, $port) = @ARGV;
my $ua = Net::SIP::Simple->new(
    outgoing_proxy => $proxy, domain => 'biloxi.example', from => 'carol', auth => ['carol', 'secret'], leg => "127.0.0.1:$port",
);
my $call = $ua->invite('sip:bob@biloxi.example', init_media => sub { 1 }) or die 'invite: ' . $ua->error;
die $call->error if $call->error;
print "established\n";
my $over;
$call->bye(cb_final => \$over);
$ua->loop(10, \$over);
print $over ? "over\n" : "no answer\n";
