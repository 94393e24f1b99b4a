# The demo's memory hog: does nothing until SIGUSR1, then eats until the host's memory is critical, and stays there.
#
# How much that is, it asks the exporter, whose figure the alert goes by: the same with cgroups of either version. It stays
# below the end of the memory, gives way to what others need, and gives everything back after a quarter of an hour, on
# SIGUSR2, and of course when it is restarted: then it is well again.
use strict;
use warnings;
use IO::Socket::INET;

my $LIMIT_SECONDS = 15 * 60;
my $MIB           = 1024 * 1024;
# The critical threshold is 0.95.
my ( $AIM, $TOO_MUCH ) = ( 0.965, 0.975 );

my $until = 0;
$SIG{USR1} = sub { $until = time + $LIMIT_SECONDS };
$SIG{USR2} = sub { $until = 0 };

# Memory used, divided by all of it; nothing when the exporter does not answer.
sub usage {
    my $socket = IO::Socket::INET->new( PeerAddr => '127.0.0.1:9750', Timeout => 2 ) or return;
    print $socket "GET /metrics?collect[]=memory_usage HTTP/1.0\r\nHost: localhost\r\n\r\n";
    local $/;
    my $answer = <$socket>;
    return defined $answer && $answer =~ /^prunelle_memory_usage_ratio ([0-9.e-]+)/m ? $1 : undef;
}

my @held;
while (1) {
    if ( time >= $until ) {
        @held = ();
        sleep 1;
        next;
    }
    my $usage = usage();
    if ( defined $usage && $usage < $AIM ) {
        my $bytes = ( $usage < 0.85 ? 16 : 2 ) * $MIB;
        push @held, "\1" x $bytes;
    }
    elsif ( defined $usage && $usage > $TOO_MUCH ) {
        pop @held;
    }
    select undef, undef, undef, 0.1;
}
