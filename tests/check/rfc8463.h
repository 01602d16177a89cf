/* SPDX-License-Identifier: Apache-2.0 */
/* The message of RFC 8463 appendix A: two good signatures (Ed25519 and RSA) of football.example.com, and its keys. */
#ifndef SIGNET_TESTS_RFC8463_H
#define SIGNET_TESTS_RFC8463_H

#define RFC8463_ED25519                                                                                                \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"                                                \
	" d=football.example.com; i=@football.example.com;\r\n"                                                       \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"                                                     \
	" subject : date : message-id : from : subject : date;\r\n"                                                   \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                                       \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"                                             \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RFC8463_RSA                                                                                                    \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"                                                    \
	" d=football.example.com; i=@football.example.com;\r\n"                                                       \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"                                               \
	" date : message-id : from : subject : date;\r\n"                                                             \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"                                                       \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"                                             \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"                                             \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
#define RFC8463_FIELDS                                                                                                 \
	"From: Joe SixPack <joe@football.example.com>\r\n"                                                             \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                                                                 \
	"Subject: Is dinner ready?\r\n"                                                                                \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                                                              \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define RFC8463_BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define RFC8463_MESSAGE RFC8463_ED25519 RFC8463_RSA RFC8463_FIELDS "\r\n" RFC8463_BODY

#define RFC8463_KEY_ED25519                                                                                            \
	"brisbane._domainkey.football.example.com TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
#define RFC8463_KEY_RSA                                                                                                \
	"test._domainkey.football.example.com TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRi" \
	"Gs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4" \
	"hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
#define RFC8463_KEYS RFC8463_KEY_ED25519 RFC8463_KEY_RSA

#endif
