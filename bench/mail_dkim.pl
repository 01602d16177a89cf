#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mail::DKIM on a corpus of bench/corpus.py: mail_dkim.pl CORPUS PASSES.  It knows no Ed25519; key records come from
# keys and zones in memory.  Prints one line of JSON like the other contenders.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;
use Net::DNS::ZoneFile;

package ZoneResolver;

sub new {
	my ($class, $file) = @_;
	my %records;
	push @{ $records{ lc $_->owner } }, $_ for Net::DNS::ZoneFile->read($file);
	return bless { records => \%records }, $class;
}

sub send {
	my ($self, $name, $type) = @_;
	my $packet = Net::DNS::Packet->new($name, $type);
	my $owner = lc $name;
	$packet->header->qr(1);
	for (1 .. 8) {
		my $found = $self->{records}{$owner} or last;
		$packet->push(answer => grep { $_->type eq $type || $_->type eq 'CNAME' } @$found);
		my ($alias) = grep { $_->type eq 'CNAME' } @$found or return $packet;
		$owner = lc $alias->cname;
	}
	$packet->header->rcode('NXDOMAIN');
	return $packet;
}

sub query { my $self = shift; return $self->send(@_) }
sub errorstring { return '' }

package main;

my ($corpus, $passes) = @ARGV;
open my $index, '<', "$corpus/index.jsonl" or die "$corpus: $!";
my @messages = map { decode_json($_) } <$index>;
for my $message (@messages) {
	open my $in, '<:raw', "$corpus/$message->{file}" or die $!;
	local $/ = undef;
	$message->{text} = <$in>;
	$message->{passes} = grep { $_ eq 'pass' } @{ $message->{expect}{dkim} };
}
Mail::DKIM::DNS::resolver(ZoneResolver->new("$corpus/zones/example.zone"));

sub pass {
	my $agreed = 0;
	for my $message (@messages) {
		my $verifier = Mail::DKIM::Verifier->new;
		$verifier->PRINT($message->{text});
		$verifier->CLOSE;
		my $passes = grep { $_->result eq 'pass' } $verifier->signatures;
		$agreed++ if !$passes == !$message->{passes};
	}
	return $agreed;
}

pass() if $passes > 1;
my ($user, $system) = times;
my $agreed = 0;
$agreed = pass() for 1 .. $passes;
my ($user2, $system2) = times;
my $seconds = ($user2 + $system2 - $user - $system) / $passes;
printf "{\"n\": %d, \"agreed\": %d, \"seconds\": %.6f}\n", scalar @messages, $agreed, $seconds;
