# The demo's web server: one page, one request at a time. usage: web.pl PORT
use strict;
use warnings;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(
    LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0],
    Listen    => 16,
    ReuseAddr => 1,
) or die "port $ARGV[0]: $!\n";

my $page = "The demo's web server, process $$, is up.\n";
while ( my $client = $server->accept ) {
    while ( my $line = <$client> ) {
        last if $line =~ /^\r?\n$/;
    }
    print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ",
        length $page, "\r\n\r\n", $page;
    close $client;
}
