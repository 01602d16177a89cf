// SPDX-License-Identifier: Apache-2.0
// mailauth on a corpus of bench/corpus.py: node mailauth.js NODE_MODULES CORPUS PASSES.  SPF, DKIM, ARC and DMARC of every
// message, answers from the zones in memory.  Prints one line of JSON like the other contenders.
'use strict';
const fs = require('fs');
const path = require('path');

const [modules, corpus, passes] = process.argv.slice(2);
const { authenticate } = require(path.join(path.resolve(modules), 'mailauth'));

const records = new Map();
for (const file of ['example.zone', 'arpa.zone']) {
    for (const line of fs.readFileSync(path.join(corpus, 'zones', file), 'ascii').split('\n')) {
        const found = /^(\S+)\. IN (\S+) (.*)$/.exec(line);
        if (found) {
            const [, name, type, data] = found;
            const types = records.get(name) || {};
            (types[type] = types[type] || []).push(data);
            records.set(name, types);
        }
    }
}

function decode(type, data) {
    const bare = data.replace(/\.$/, '');
    if (type === 'TXT') return data.slice(1, -1).split('" "');
    if (type === 'MX') return { priority: parseInt(data, 10), exchange: bare.split(' ')[1] };
    return bare;
}

async function resolver(name, type) {
    let types = records.get(name.toLowerCase().replace(/\.$/, ''));
    while (types && types.CNAME) types = records.get(decode('CNAME', types.CNAME[0]));
    if (types && types[type]) return types[type].map(data => decode(type, data));
    throw Object.assign(new Error('no answer'), { code: types ? 'ENODATA' : 'ENOTFOUND' });
}

const messages = fs.readFileSync(path.join(corpus, 'index.jsonl'), 'ascii').trim().split('\n').map(line => {
    const entry = JSON.parse(line);
    return { ...entry, octets: fs.readFileSync(path.join(corpus, entry.file)), passes: entry.expect.dkim.includes('pass') };
});

async function pass() {
    let agreed = 0;
    for (const message of messages) {
        const { spf, dkim } = await authenticate(message.octets, {
            resolver, ip: message.ip, helo: message.helo, sender: message.mail_from, mta: 'mx.receiver.example',
            trustReceived: false, disableBimi: true
        });
        const passes = dkim.results.some(one => one.status.result === 'pass');
        if (passes === message.passes && spf && spf.status.result === message.expect.spf) agreed++;
    }
    return agreed;
}

(async () => {
    let agreed = passes > 1 ? await pass() : 0;
    const start = process.cpuUsage();
    for (let i = 0; i < passes; i++) agreed = await pass();
    const used = process.cpuUsage(start);
    const seconds = (used.user + used.system) / 1e6 / passes;
    console.log(JSON.stringify({ n: messages.length, agreed, seconds }));
})();
