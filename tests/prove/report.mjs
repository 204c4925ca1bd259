// SPDX-License-Identifier: Apache-2.0
// What a proof did and found, told while it runs and afterwards as a page that needs nothing but itself.

/** Proofs run side by side, and are told of one after the other: what a later one says waits for those before it. */
export class Teller {
  #waiting = [];
  #ended = new Set();
  #turn = 0;

  say(number, text) {
    if (number === this.#turn) process.stdout.write(text);
    else (this.#waiting[number] ??= []).push(text);
  }

  end(number) {
    this.#ended.add(number);
    while (this.#ended.has(this.#turn)) process.stdout.write((this.#waiting[++this.#turn] ?? []).join(''));
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`;

export class Proof {
  lines = [];
  ms = 0;
  #start = Date.now();
  #say;

  /** @param say is given the text that a terminal shows, or TAP */
  constructor(number, title, claim, say, { tap = false } = {}) {
    Object.assign(this, { number, title, claim, tap });
    this.#say = say;
    if (!tap) say(`\n${number}. ${title}\n   ${claim}\n`);
  }

  /** What was done, without a judgement. */
  did(text) {
    this.#add({ kind: 'did', good: true, what: text, seen: '' });
  }

  /** What was looked for, and whether it is as claimed. */
  found(what, good, seen) {
    this.#add({ kind: 'found', good, what, seen });
  }

  /** The same look where there is something to be found: good when it was. */
  control(what, good, seen) {
    this.#add({ kind: 'control', good, what, seen });
  }

  #add(line) {
    this.lines.push(line);
    const { kind, good, what, seen } = line;
    const text = `${kind === 'control' ? 'control: ' : ''}${what}${seen ? `: ${seen.replaceAll('\n', ' ')}` : ''}`;
    if (this.tap) this.#say(kind === 'did' ? `# ${text}\n` : `${good ? 'ok' : 'not ok'} - ${this.title}: ${text}\n`);
    else this.#say(`   ${kind === 'did' ? '  ' : good ? 'ok' : 'NO'} ${text}\n`);
  }

  end() {
    this.ms = Date.now() - this.#start;
    if (!this.lines.some(({ kind }) => kind === 'control')) this.control('there is one', false, 'without a control nothing is proven');
    if (!this.lines.some(({ kind }) => kind === 'found')) this.found('something was looked for', false, 'no');
    if (!this.tap) this.#say(`   ${this.holds ? 'as claimed' : 'NOT as claimed'}, ${seconds(this.ms)}\n`);
  }

  get holds() {
    return this.lines.length > 0 && this.lines.every(({ good }) => good);
  }
}

const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8886;padding:.3rem .6rem .3rem 0;vertical-align:top;overflow-wrap:anywhere}
td:first-child{white-space:nowrap;width:6rem}.no{color:#c22;font-weight:bold}.control td:first-child{font-style:italic}`;

const MARK = { did: ['done', 'done'], found: ['as claimed', 'NOT as claimed'], control: ['caught', 'NOT caught'] };

function row({ kind, good, what, seen }) {
  const mark = MARK[kind][good ? 0 : 1];
  const label = kind === 'control' ? 'Control. ' : '';
  return `<tr class="${kind}"><td class="${good ? 'yes' : 'no'}">${mark}</td><td>${label}${escaped(what)}${seen ? `<br><small>${escaped(seen)}</small>` : ''}</td></tr>`;
}

export function toHtml(proofs, good) {
  const parts = proofs.map(
    (proof) =>
      `<h2>${proof.number}. ${escaped(proof.title)}</h2>\n<p>${escaped(proof.claim)} <b class="${proof.holds ? 'yes' : 'no'}">` +
      `${proof.holds ? 'As claimed' : 'NOT as claimed'}</b>, ${seconds(proof.ms)}.</p>\n<table>\n${proof.lines.map(row).join('\n')}\n</table>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Is the server blind?</title>
<style>${STYLE}</style>
<h1>Is the server blind?</h1>
<p>Each proof says what was done and what was found. A control is the same look at something that must be found: a proof
without a control that was caught proves nothing.</p>
<p><b class="${good ? 'yes' : 'no'}">${good ? 'All is as claimed.' : 'NOT all is as claimed.'}</b> Made on ${new Date().toISOString()}.</p>
${parts.join('\n')}
</html>
`;
}
