# Reads images of Storable, each behind its length in 32 bits, and answers each with what Perl makes of it: thawed and frozen again, in
# canonical order, in network order if the first argument is "net", else in the machine's.
use strict;
use warnings;
use Storable qw(freeze nfreeze thaw);

$Storable::canonical = 1;
binmode STDIN;
binmode STDOUT;
$| = 1;
my $again = $ARGV[0] eq 'net' ? \&nfreeze : \&freeze;
while ( read( STDIN, my $head, 4 ) ) {
    my $length = unpack 'N', $head;
    my $read = $length ? read( STDIN, my $image, $length ) : 0;
    last if $read != $length;
    my $answer = eval { $again->( thaw($image) ) };
    $answer = "error: $@" if !defined $answer;
    print pack( 'N', length $answer ), $answer;
}
