# Reads frames of POE::Filter::Reference from standard input in reads of random sizes and writes back what it has understood, framed anew. The
# arguments are those of the filter's constructor.
use strict;
use warnings;
use POE::Filter::Reference;

$Storable::canonical = 1;
binmode STDIN;
binmode STDOUT;
srand 1;
my $filter = POE::Filter::Reference->new(@ARGV);
while ( sysread STDIN, my $octets, 1 + int rand 3000 ) {
    print @{ $filter->put( $filter->get( [$octets] ) ) };
}
