# The demo's burner: does nothing until SIGUSR1, then keeps the host's processor busy for ten minutes, until SIGUSR2, or
# until it is restarted: then it is well again.
use strict;
use warnings;

my $LIMIT_SECONDS = 10 * 60;
# More than one, so that they get the whole processor on a busy machine as well: the container's limit bounds them.
my $BURNERS = 4;

my ( $asked, $until, @burners ) = ( 0, 0 );
$SIG{USR1} = sub { $asked = 1 };
$SIG{USR2} = sub { $until = 0 };
$SIG{TERM} = sub { kill 'KILL', @burners; exit 0 };

sub burn {
    my $parent = getppid;
    $SIG{$_} = 'DEFAULT' for qw(USR1 USR2 TERM);
    # An orphan stops, too.
    while ( getppid == $parent ) { 1 for 1 .. 1_000_000 }
    exit 0;
}

while (1) {
    if ($asked) {
        ( $asked, $until ) = ( 0, time + $LIMIT_SECONDS );
        while ( @burners < $BURNERS ) {
            defined( my $child = fork ) or last;
            $child or burn();
            push @burners, $child;
        }
    }
    if ( @burners && time >= $until ) {
        kill 'KILL', @burners;
        waitpid $_, 0 for splice @burners;
    }
    sleep 1;
}
