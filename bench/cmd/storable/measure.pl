# Reads an image of Storable and measures how many nanoseconds of processor time thaw takes for it and nfreeze for its value; the argument
# is for how many seconds each runs at least.
use strict;
use warnings;
use Storable qw(nfreeze thaw);
use Time::HiRes qw(clock);

binmode STDIN;
my $image = do { local $/; <STDIN> };
my $value = thaw($image);
my $time  = shift;

sub nanoseconds {
    my $work = shift;
    my ( $count, $begin ) = ( 0, clock() );
    while ( clock() - $begin < $time ) {
        $work->() for 1 .. 200;
        $count += 200;
    }
    return ( clock() - $begin ) / $count * 1e9;
}
printf "%.1f %.1f\n", nanoseconds( sub { thaw($image) } ), nanoseconds( sub { nfreeze($value) } );
