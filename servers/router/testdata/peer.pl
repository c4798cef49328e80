# A program that speaks POEx::ProxySession with POE::Filter::Reference. It checks what the router says and dies of what it did not expect.
#
#   peer.pl publisher PORT     publishes a session, answers three events, rescinds it
#   peer.pl subscriber PORT    lists, subscribes to GoSession and calls it
use strict;
use warnings;
use utf8;
use IO::Socket::INET;
use POE::Filter::Reference;
use Storable qw(nfreeze thaw);
use Test::More;

my ( $role, $port ) = @ARGV;
my $socket = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => $port ) or die "connect: $@";
my $filter = POE::Filter::Reference->new;
my $last   = 0;
my @waiting;

alarm 60;

sub hear {
    while ( !@waiting ) {
        push @waiting, @{ $filter->get_one( [] ) };
        last if @waiting;
        sysread( $socket, my $octets, 65536 ) or die "the router has gone\n";
        $filter->get_one_start( [$octets] );
    }
    return shift @waiting;
}

sub tell_router { my %message = @_; syswrite $socket, join '', @{ $filter->put( [ \%message ] ) } }

# A request and its result: whether it is a success, and what its payload refers to.
sub request {
    my %message = @_;
    $message{payload} = nfreeze( $message{payload} ) if exists $message{payload};
    my $id = $last++;
    tell_router( id => $id, %message );
    my $result = hear();
    is( $result->{type}, 'result', "$message{type}: a result" );
    is( $result->{id},   $id,      "$message{type}: of this request" );
    return ( $result->{success}, exists $result->{payload} ? thaw( $result->{payload} ) : undef );
}

sub publisher {
    my $session = { session_alias => 'PerlSession', session_name => 'inner', methods => { foo => { signature => '(Str $s)', return_signature => undef, traits => [] } } };
    my ( $success, $payload ) = request( type => 'publish', payload => $session );
    ok( $success, 'publish' );
    is( $$payload, 'PerlSession', 'publish: the alias' );
    $| = 1;
    print "published\n";
    for my $want ( [ 'žluť', 1, { k => [ 2, undef ] } ], [], ['fail'] ) {
        my $event = hear();
        is( $event->{type}, 'deliver', 'an event' );
        is( $event->{to},   'inner',   'an event: its session by name' );
        my $what = thaw( $event->{payload} );
        is_deeply( $what, { event => 'foo', args => $want }, 'an event: what it is' );
        my $fail = @$want == 1;
        tell_router( id => $event->{id}, type => 'result', success => $fail ? 0 : 1, payload => nfreeze( \( $fail ? 'no' : '' ) ) );
    }
    ( $success ) = request( type => 'rescind', payload => { session_alias => 'PerlSession' } );
    ok( $success, 'rescind' );
}

sub subscriber {
    my ( $success, $payload ) = request( type => 'listing' );
    is_deeply( $payload, ['GoSession'], 'listing' );
    ( $success, $payload ) = request( type => 'subscribe', to => 'Nope', payload => \'Nope' );
    ok( !$success, 'subscribe to nothing' );
    is( $$payload, q{Session 'Nope' doesn't exist}, 'subscribe to nothing: why' );
    ( $success, $payload ) = request( type => 'subscribe', to => 'GoSession', payload => \'GoSession' );
    ok( $success, 'subscribe' );
    is( $payload->{session}, 'GoSession', 'subscribe: the session' );
    is_deeply( [ sort keys %{ $payload->{methods} } ], [ 'Add', 'Fail' ], 'subscribe: its methods' );
    ( $success, $payload ) = request( type => 'deliver', to => 'GoSession', payload => { event => 'Add', args => [ 2, '40' ] } );
    ok( $success, 'deliver' );
    is( $$payload, 42, 'deliver: what it returns' );
    ( $success, $payload ) = request( type => 'deliver', to => 'GoSession', payload => { event => 'Fail', args => [] } );
    ok( !$success, 'deliver what fails' );
    ( $success, $payload ) = request( type => 'bogus' );
    is( $$payload, q{Unknown message type 'bogus'}, 'a type that does not exist' );
}

$role eq 'publisher' ? publisher() : subscriber();
done_testing();
