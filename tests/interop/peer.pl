#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mail::DKIM behind a pipe.  A request is one line, "VERB NAME=VALUE ... LENGTH", and LENGTH octets of message; a reply is
# one line with the length of what follows.
#   keys                          the octets are lines "NAME TEXT": all the key records there are
#   dkim                          -> the words for all signatures, from the top
#   arc                           -> the word for the chain
#   sign a= c= d= s= h= key= [i= x=] -> the DKIM-Signature field
#   seal d= s= id= h= key= chain=    -> the three ARC fields
use strict;
use warnings;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

package Answers;
our %text;
sub new { return bless {}, shift }

sub send {
	my ($self, $name, $type) = @_;
	my $packet = Net::DNS::Packet->new($name, $type);
	my $text = $text{ lc $name };
	$packet->header->qr(1);
	$packet->header->rcode('NXDOMAIN') if !defined $text;
	$packet->push(answer => Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [ unpack '(a255)*', $text ]))
	    if defined $text;
	return $packet;
}
sub query { my $self = shift; return $self->send(@_) }
sub errorstring { return '' }

package main;

my %key_cache;
sub key { my ($file) = @_; return $key_cache{$file} //= Mail::DKIM::PrivateKey->load(File => $file) }

sub feed {
	my ($engine, $message) = @_;
	$engine->PRINT($message);
	$engine->CLOSE;
	return $engine;
}

my %verbs = (
	keys => sub {
		%Answers::text = map { my ($name, $text) = split / /, $_, 2; (lc $name => $text) } split /\n/, $_[1];
		return '';
	},
	dkim => sub {
		my $verifier = feed(Mail::DKIM::Verifier->new, $_[1]);
		return join ' ', map { $_->result || 'none' } $verifier->signatures;
	},
	arc => sub { return feed(Mail::DKIM::ARC::Verifier->new, $_[1])->result || 'none' },
	sign => sub {
		my ($o, $message) = @_;
		my $signer = Mail::DKIM::Signer->new(
			Algorithm => $o->{a}, Method => $o->{c}, Domain => $o->{d}, Selector => $o->{s},
			Headers => $o->{h}, Key => key($o->{key}), ($o->{i} ? (Identity => $o->{i}) : ()),
			($o->{x} ? (Timestamp => $o->{t}, Expiration => $o->{x}) : ()));
		return feed($signer, $message)->signature->as_string;
	},
	seal => sub {
		my ($o, $message) = @_;
		my $signer = Mail::DKIM::ARC::Signer->new(
			Algorithm => 'rsa-sha256', Chain => $o->{chain}, Domain => $o->{d}, SrvId => $o->{id},
			Selector => $o->{s}, Headers => $o->{h}, Key => key($o->{key}), Timestamp => time);
		feed($signer, $message);
		return $signer->result eq 'sealed' ? $signer->as_string : '';
	},
);

Mail::DKIM::DNS::resolver(Answers->new);
binmode STDIN;
binmode STDOUT;
$| = 1;
$SIG{__WARN__} = sub { };
while (my $line = <STDIN>) {
	my ($verb, @options) = split / /, $line;
	my $length = pop @options;
	my $message = '';
	read STDIN, $message, $length if $length > 0;
	my %option = map { split /=/, $_, 2 } @options;
	my $reply = eval { $verbs{$verb}->(\%option, $message) };
	$reply = "error $@" if !defined $reply;
	printf "%d\n%s", length $reply, $reply;
}
