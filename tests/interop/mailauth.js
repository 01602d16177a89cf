// SPDX-License-Identifier: Apache-2.0
// mailauth behind a pipe, for matrix.py: node mailauth.js NODE_MODULES.  Requests and replies as in peer.pl.
//   keys                      the octets are lines "NAME TEXT": all the key records there are
//   dkim                      -> a word for each signature, from the top
//   arc                       -> the word for the chain
//   sign a= c= d= s= key=     -> the DKIM-Signature field
//   seal d= s= id= key=       -> the three ARC fields
'use strict';
const fs = require('fs');
const path = require('path');

const modules = path.resolve(process.argv[2]);
const { authenticate, sealMessage } = require(path.join(modules, 'mailauth'));
const { dkimSign } = require(path.join(modules, 'mailauth', 'lib', 'dkim', 'sign'));

let records = new Map();

async function resolver(name, type) {
    const text = records.get(name.toLowerCase().replace(/\.$/, ''));
    if (type === 'TXT' && text) return [[text]];
    throw Object.assign(new Error('no answer'), { code: 'ENOTFOUND' });
}

const options = { resolver, ip: '192.0.2.1', helo: 'x.example', sender: '', mta: 'mx.example', trustReceived: false, disableBimi: true };

// An error thrown in a callback of the library would end the process; here it is an answer.
const verbs = {
    async keys(o, octets) {
        records = new Map(octets.toString('ascii').trim().split('\n').map(line => {
            const at = line.indexOf(' ');
            return [line.slice(0, at).toLowerCase(), line.slice(at + 1)];
        }));
        return '';
    },
    async dkim(o, octets) {
        const { dkim } = await authenticate(octets, { ...options, disableArc: true, disableDmarc: true });
        return dkim.results.map(one => one.status.result).join(' ');
    },
    async arc(o, octets) {
        const { arc } = await authenticate(octets, { ...options, disableDmarc: true });
        return arc.status.result;
    },
    async sign(o, octets) {
        const { signatures, errors } = await dkimSign(octets, {
            canonicalization: o.c, algorithm: o.a, signTime: new Date(),
            signatureData: [{ signingDomain: o.d, selector: o.s, privateKey: fs.readFileSync(o.key) }]
        });
        return errors.length ? 'error ' + errors[0].err : signatures;
    },
    async seal(o, octets) {
        const { arc } = await authenticate(octets, { ...options, mta: o.id, disableDmarc: true });
        return sealMessage(octets, {
            signingDomain: o.d, selector: o.s, privateKey: fs.readFileSync(o.key), authResults: arc.authResults, cv: arc.status.result
        });
    }
};

let pending = Buffer.alloc(0);
let busy = Promise.resolve();

function take() {
    const end = pending.indexOf(10);
    if (end < 0) return null;
    const words = pending.subarray(0, end).toString('ascii').split(' ');
    const length = parseInt(words[words.length - 1], 10);
    if (pending.length < end + 1 + length) return null;
    const octets = Buffer.from(pending.subarray(end + 1, end + 1 + length));
    pending = pending.subarray(end + 1 + length);
    const o = Object.fromEntries(words.slice(1, -1).map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
    return { verb: words[0], o, octets };
}

async function answer(request) {
    let reply;
    try {
        reply = Buffer.from(await verbs[request.verb](request.o, request.octets));
    } catch (err) {
        reply = Buffer.from('error ' + err.message);
    }
    process.stdout.write(`${reply.length}\n`);
    process.stdout.write(reply);
}

const parts = [];
let have = 0;
process.stdin.on('data', chunk => {
    parts.push(chunk);
    have += chunk.length;
    if (have < wanted()) return;
    pending = Buffer.concat([pending, ...parts.splice(0)]);
    have = 0;
    for (let request; (request = take());) {
        const one = request;
        busy = busy.then(() => answer(one));
    }
});

// Large messages come in many chunks: they are put together once, not with each chunk.
function wanted() {
    const end = pending.indexOf(10);
    if (end < 0) return 0;
    const length = parseInt(pending.subarray(0, end).toString('ascii').split(' ').pop(), 10);
    return end + 1 + length - pending.length;
}
