# Writes images of as many random values as the second argument says, each behind its length in 32 bits, in canonical order. The first
# argument seeds the generator.
use strict;
use warnings;
use Storable qw(freeze nfreeze);
use Scalar::Util qw(weaken);

$Storable::canonical = 1;
binmode STDOUT;
my ( $seed, $count ) = @ARGV;
srand $seed;
my @things;

sub number { my $bits = int rand 63; return ( rand() < 0.5 ? -1 : 1 ) * int( rand( 2**$bits ) ) }
sub octets { my $n = rand() < 0.1 ? int rand 600 : int rand 12; return join '', map { chr int rand 256 } 1 .. $n }
sub text { my $s = join '', map { chr int rand 3000 } 0 .. int rand 10; utf8::upgrade($s); return $s }

sub scalar_value {
    my $depth  = shift;
    my $choice = int rand 12;
    return undef if $choice == 0;
    return number() if $choice < 4;
    return rand() * 10**( int( rand 40 ) - 20 ) if $choice == 4;
    return octets() if $choice < 7;
    return text()   if $choice == 7;
    return !!1      if $choice == 8;
    return reference( $depth + 1 );
}

# A reference to a variable within a list or hash, which may be blessed too.
sub element {
    my $thing = shift;
    my $in    = "$thing" =~ /ARRAY/ ? \$thing->[0] : "$thing" =~ /HASH/ ? \$thing->{element} : $thing;
    bless $in, "Class" . int rand 5 if rand() < 0.2;
    return $in;
}

sub reference {
    my $depth = shift;
    return [] if $depth > 8;
    return $things[ rand @things ] if @things && rand() < 0.1;
    return element( $things[ rand @things ] ) if @things && rand() < 0.1;
    my $thing;
    my $choice = int rand 4;
    if ( $choice == 0 ) {
        push @things, $thing = [];
        push @$thing, scalar_value($depth) for 1 .. int rand 6;
        $#$thing += 2 if rand() < 0.1;
        push @$thing, 1 if rand() < 0.5;
    }
    elsif ( $choice == 1 ) {
        my $variable;
        push @things, $thing = \$variable;
        $variable = scalar_value($depth);
    }
    else {
        push @things, $thing = {};
        $thing->{ rand() < 0.1 ? 't' . text() : 'o' . octets() } = scalar_value($depth) for 1 .. int rand 6;
        $thing->{parent} = $things[0] if rand() < 0.2;
        weaken $thing->{parent} if $thing->{parent} && rand() < 0.5;
    }
    bless $thing, "Class" . int rand 5 if rand() < 0.1;
    return $thing;
}

for ( 1 .. $count ) {
    @things = ();
    my $value = reference(0);
    for my $image ( nfreeze($value), freeze($value) ) {
        print pack( 'N', length $image ), $image;
    }
}
