// Who may come in, and what nobody can make the server do: without a browser.
import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {request} from 'node:http';
import {connect} from 'node:net';
import {after, before, test} from 'node:test';
import {archive, mapOf, signs} from './songs.mjs';
import {Studio, temporaryFolder} from './studio.mjs';

/** @type {Studio} */
let studio;

before(async () => {
    studio = await Studio.start();
});
after(() => Studio.stopAll());

/** A request with headers that fetch would not send; its status. */
function status(path, {method = 'GET', headers = {}, body = ''} = {}) {
    return new Promise((resolve, reject) => {
        const options = {host: '127.0.0.1', port: studio.port, path, method, headers};
        const sent = request(options, (answer) => {
            answer.resume();
            answer.on('end', () => resolve(answer.statusCode));
        });
        sent.on('error', reject);
        sent.end(body);
    });
}
const bearer = () => ({Authorization: `Bearer ${studio.token}`});

test('nothing without the token, and nothing with another', async () => {
    for (const path of ['/', '/main.js', '/api/v1/about', '/api/v1/recent'])
        for (const headers of [
            {},
            {Authorization: 'Bearer other'},
            {Cookie: `osu_studio_${studio.port}=other`},
        ])
            assert.equal(await status(path, {headers}), 403, path);
    assert.equal(await status('/?token=other'), 403);
    assert.equal(await status('/api/v1/about', {headers: bearer()}), 200);
});

test('other names of the server, and other sites', async () => {
    for (const host of ['evil.example', `evil.example:${studio.port}`, '127.0.0.1.evil.example'])
        assert.notEqual(await status('/api/v1/about', {headers: {...bearer(), Host: host}}), 200, host);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${studio.port + 1}`])
        assert.equal(
            await status('/api/v1/example', {method: 'POST', headers: {...bearer(), Origin: origin}}),
            403,
            origin,
        );
    const own = `http://127.0.0.1:${studio.port}`;
    assert.equal(await status('/api/v1/example', {method: 'POST', headers: {...bearer(), Origin: own}}), 200);
});

test('the page runs nothing but its own script, and may not be framed', async () => {
    const answer = await fetch(`${studio.origin}/`, {headers: bearer()});
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /script-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    const text = await answer.text();
    assert.doesNotMatch(text, /https?:\/\/|<script(?![^>]*src=)|<style|style=|onclick/);
});

test('the token’s cookie is for this site alone', async () => {
    const answer = await fetch(studio.url.split('#')[0], {redirect: 'manual'});
    assert.equal(answer.status, 303);
    const cookie = answer.headers.get('set-cookie') ?? '';
    assert.match(cookie, /SameSite=Strict/);
    assert.match(cookie, /HttpOnly/);
});

test('names never become paths', async () => {
    const session = await studio.example();
    const names = [
        '../../../../../../etc/passwd',
        '..%2f..%2f..%2f..%2fetc%2fpasswd',
        '%2e%2e/%2e%2e/%2e%2e/etc/passwd',
        '/etc/passwd',
        '..\\..\\etc\\passwd',
        '%00',
    ];
    for (const name of names)
        for (const path of [
            `/${name}`,
            `/api/v1/sessions/${session}/files/${name}`,
            `/api/v1/sessions/${name}`,
        ]) {
            const got = await status(path, {headers: bearer()});
            assert.ok(got >= 400 && got < 500, `${path}: ${got}`);
        }
    // Entries of an archive, and what it is called.
    const outside = temporaryFolder();
    const name = encodeURIComponent('../../x/../../y.osz');
    const wicked = await archive({
        'a.osu': mapOf(signs),
        '../../../../../../../../tmp/osu-studio-was-here.txt': 'x',
    });
    await assert.rejects(studio.post(`sources?name=${name}`, new Blob([wicked])), /400 .*unsafe name/);
    const odd = await archive({'a.osu': mapOf(signs, {audio: '../../../../etc/passwd'})});
    const {source, maps} = await studio.post(`sources?name=${name}`, new Blob([odd]));
    const opened = await studio.post('sessions', {source, file: maps[0].file});
    assert.equal((await studio.fetch(`sessions/${opened.session}/audio`)).ok, false);
    const version = encodeURIComponent('../../../tmp/osu-studio-was-here');
    const exported = await studio.fetch(`sessions/${opened.session}/export.osz?version=${version}`);
    assert.doesNotMatch(exported.headers.get('content-disposition') ?? '', /[/\\]tmp/);
    assert.ok(!existsSync('/tmp/osu-studio-was-here.txt'));
    assert.deepEqual(readdirSync(outside), []);
    for (const file of ['../a.osu', '/etc/passwd', 'b.osu'])
        await assert.rejects(studio.post('sessions', {source, file}), /: 4\d\d/);
});

test('requests that make no sense are refused, each with an error that says why', async () => {
    const session = await studio.example();
    const count = (await studio.get(`sessions/${session}`)).objects.length;
    /** @type {[string, unknown][]} */
    const bad = [
        ['place', {}],
        ['place', {objects: [], count: 8}],
        ['place', {objects: [count]}],
        ['place', {objects: [-1]}],
        ['place', {objects: 'all'}],
        ['place', {all: true, count: 1e9}],
        ['place', {all: true, strength: 7}],
        ['place', {all: true, base: 'no such take'}],
        ['keep', {take: 'no such take'}],
        ['move', {objects: [0], dx: 'far', dy: 0}],
        ['move', {objects: [1e12], dx: 1, dy: 1}],
        ['transform', {objects: [0], op: 'explode'}],
        ['pin', {pinned: true}],
        ['go', {step: 99999}],
        ['nothing', {}],
    ];
    for (const [action, body] of bad) {
        const answer = await studio.fetch(`sessions/${session}/${action}`, {
            method: 'POST',
            body: JSON.stringify(body),
        });
        assert.ok(
            answer.status >= 400 && answer.status < 500,
            `${action} ${JSON.stringify(body)}: ${answer.status}`,
        );
        assert.ok((await answer.json()).error.length > 3);
    }
    for (const body of ['{', '[]', 'null', '"x"', '{"objects": [0'.repeat(1000), '['.repeat(100000)]) {
        const answer = await studio.fetch(`sessions/${session}/place`, {method: 'POST', body});
        assert.ok(answer.status >= 400 && answer.status < 500, `${body.slice(0, 20)}: ${answer.status}`);
    }
    assert.deepEqual((await studio.get(`sessions/${session}/state`)).changed, []);
});

test('a hundred requests at once are all answered', async () => {
    const session = await studio.example();
    const paths = ['about', `sessions/${session}`, `sessions/${session}/state`, 'styles?q=a', 'recent'];
    const answers = await Promise.all(
        Array.from({length: 100}, (_, at) => studio.fetch(paths[at % paths.length])),
    );
    assert.ok(answers.every(({ok}) => ok));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
});

test('moves at once of many pages are steps one after another', async () => {
    const session = await studio.example();
    const before = (await studio.get(`sessions/${session}/state`)).step;
    await Promise.all(
        Array.from({length: 20}, (_, at) =>
            studio.post(`sessions/${session}/move`, {objects: [at], dx: 1, dy: 0, settle: false}),
        ),
    );
    const {step, changed} = await studio.get(`sessions/${session}/state`);
    assert.equal(step, before + 20);
    assert.ok(changed.length >= 19);
});

test('200 MB are refused, and cost the server nothing', async () => {
    const megabyte = Buffer.alloc(1 << 20);
    const answer = await new Promise((resolve, reject) => {
        const socket = connect(studio.port, '127.0.0.1');
        let said = '';
        socket.on('data', (data) => {
            said += data;
            if (said.includes('\r\n\r\n')) {
                resolve(said);
                socket.destroy();
            }
        });
        socket.on('error', () => resolve(said));
        socket.on('close', () => resolve(said));
        setTimeout(() => reject(new Error('no answer')), 30000).unref();
        socket.write(
            `POST /api/v1/sources?name=big.osz HTTP/1.1\r\nHost: 127.0.0.1:${studio.port}\r\n` +
                `Authorization: Bearer ${studio.token}\r\nContent-Length: ${200 << 20}\r\n\r\n`,
        );
        let sent = 0;
        const pump = () => {
            while (sent < 200 && !socket.destroyed) {
                sent++;
                if (!socket.write(megabyte)) {
                    socket.once('drain', pump);
                    return;
                }
            }
        };
        pump();
    });
    assert.ok(answer === '' || /^HTTP\/1\.1 413/.test(answer), answer.slice(0, 200));
    assert.ok((await studio.get('about')).version);
});

test('a queue that is full says so, and is empty again when it is cancelled', async () => {
    const session = await studio.example();
    const answers = [];
    for (let at = 0; at < 80; at++)
        answers.push(
            await studio.fetch(`sessions/${session}/place`, {
                method: 'POST',
                body: JSON.stringify({all: true, count: 16, style: null, strength: 1}),
            }),
        );
    assert.ok(answers[0].ok);
    assert.ok(answers.some(({status}) => status >= 400 && status < 500));
    await studio.post(`sessions/${session}/cancel`, {});
    await studio.settled(session);
});
