# One end of an inter-kernel channel, with the filters and the serializer that POE::Component::IKC uses. It checks what the other end says and dies
# of what it did not expect.
#
#   peer.pl client PORT PROTOCOL    connects, posts and calls
#   peer.pl server                  listens, prints its port, and answers what it is called for; ends when the connection does
use strict;
use warnings;
use utf8;
use IO::Socket::INET;
use POE::Filter::Line;
use POE::Filter::Reference;
use Test::More;

my ( $role, $port, $protocol ) = @ARGV;
my $lines  = POE::Filter::Line->new;
my $frames = POE::Filter::Reference->new;
my ( $socket, $filter, @waiting );

alarm 60;

# The next line or frame; undef at the end.
sub hear {
    while ( !@waiting ) {
        push @waiting, @{ $filter->get_one( [] ) };
        last if @waiting;
        sysread( $socket, my $octets, 65536 ) or return undef;
        $filter->get_one_start( [$octets] );
    }
    return shift @waiting;
}

sub say_to {
    my $said = join '', @{ $filter->put( \@_ ) };
    syswrite $socket, $said;
}

# From lines to frames: what has arrived belongs to the frames.
sub frames_begin {
    my $rest = $filter->get_pending;
    $filter = $frames;
    $filter->get_one_start($rest) if $rest;
}

sub line_is { my ( $want, $what ) = @_; my $got = hear(); like( $got, $want, $what ) or die "negotiation failed\n"; return $got }

sub connect_ikc0 {
    say_to("SETUP KERNEL=perl-1,Perl;FREEZER=Storable,FreezeThaw;PID=$$");
    line_is( qr/^SETUP KERNEL=\S+,Server,\S+;FREEZER=Storable;PID=\d+$/, 'SETUP' );
}

sub connect_ikc {
    say_to('HELLO');
    while ( line_is( qr/^(IAM [-:.\w]+|DONE)$/, 'name' ) ne 'DONE' ) { say_to('OK') }
    for my $line ( 'IAM perl-1', 'IAM Perl' ) { say_to($line); line_is( qr/^OK$/, $line ) }
    say_to('DONE');
    say_to('FREEZER FreezeThaw');
    line_is( qr/^NOT$/, 'FreezeThaw' );
    say_to('FREEZER Storable');
    line_is( qr/^OK$/, 'Storable' );
    say_to('WORLD');
    line_is( qr/^UP$/, 'UP' );
}

sub call {
    my ( $state, $params, %more ) = @_;
    say_to( { event => "poe://Server/test/$state", params => $params, rsvp => { kernel => 'Perl', session => 'me', state => $state }, %more } );
    my $answer = hear();
    is_deeply( $answer->{event}, { kernel => 'Perl', session => 'me', state => $state }, "$state: who is answered" );
    return $answer->{params};
}

sub client {
    $socket = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => $port ) or die "connect: $@";
    $filter = $lines;
    $protocol eq 'ikc' ? connect_ikc() : connect_ikc0();
    frames_begin();
    my $data = { text => 'žluťoučký', octets => "\xff\x00", list => [ 1, -70000, 2**40, undef, [] ], float => 0.5, 'klíč' => {} };
    is_deeply( call( echo => $data ), $data, 'echo' );
    is( call( add => [ 2, '40' ] ), 42, 'add' );
    is_deeply( call( list => 1, wantarray => 1 ), [ 1, 'two', { three => 3 } ], 'list' );
    my $shared = { n => 1 };
    my $again  = call( echo => [ $shared, $shared ] );
    is( $again->[0], $again->[1], 'one hash, twice' );
    my $ring = [1];
    push @$ring, $ring;
    $again = call( echo => $ring );
    is( $again->[1], $again, 'a ring' );

    say_to( { event => 'poe://Server/test/back', params => 'p', from => { kernel => 'Perl', session => 'me', state => 'IKC:proxy' } } );
    my $answer = hear();
    is_deeply( $answer->{params}, [ 'answer', [ 'for', 'p' ] ], 'SENDER' );

    say_to( { event => 'poe://Server/nosuch/state', params => 1 } );
    my $report = hear();
    ok( $report->{is_error}, 'is_error' );
    like( $report->{params}[0], qr/^Session 'nosuch' is not available for remote kernels\./, 'report' );
}

sub server {
    my $listener = IO::Socket::INET->new( LocalAddr => '127.0.0.1', Listen => 1 ) or die "listen: $@";
    $| = 1;
    print $listener->sockport, "\n";
    $socket = $listener->accept;
    $filter = $lines;
    my $line = line_is( qr/^SETUP KERNEL=\S+,Client,\S+;FREEZER=Storable;PID=\d+$/, 'SETUP' );
    my ($id) = $line =~ /KERNEL=([^,;]+)/;
    say_to("SETUP KERNEL=perl-2,Perl;FREEZER=Storable;PID=$$");
    frames_begin();
    while ( my $m = hear() ) {
        my $state = ref $m->{event} ? $m->{event}{state} : ( split m{/}, $m->{event} )[-1];
        if ( $state eq 'echo' ) { say_to( { event => $m->{rsvp}, params => $m->{params} } ) }
        elsif ( $state eq 'call_me' ) {
            say_to( { event => "poe://Client/me/hello", params => 'perl', rsvp => { kernel => 'perl-2', session => 's', state => 'heard' } } );
        }
        elsif ( $state eq 'heard' ) { is( $m->{params}, 'hello perl', 'our call is answered' ) }
        else {
            say_to( {   event    => { kernel => $id, session => 'IKC', state => 'remote_error' },
                        is_error => 1,
                        params   => [ "Session 'x' is not available for remote kernels.  Request $m->{event}", 'Perl', 'check' ],
            } );
        }
    }
}

$role eq 'client' ? client() : server();
done_testing();
