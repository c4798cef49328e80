# A user agent on Net::SIP: registers as bob, answers one call, and ends when the caller does.
use strict;
use warnings;
use Net::SIP;

$| = 1;
my ($proxy, $port) = @ARGV;
my $ua = Net::SIP::Simple->new(
    registrar => $proxy, outgoing_proxy => $proxy, domain => 'biloxi.example', from => 'bob',
    auth => ['bob', 'secret'], leg => "127.0.0.1:$port",
);
$ua->register or die 'register: ' . $ua->error;
print "registered\n";
my $over;
$ua->listen(cb_established => sub { print "established\n" }, init_media => sub { 1 }, recv_bye => \$over);
$ua->loop(20, \$over);
print $over ? "over\n" : "nobody\n";
