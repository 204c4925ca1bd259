// SPDX-License-Identifier: Apache-2.0
// What the hostile server does, and how a viewer's page shows that it did not get through. Each attack gives a verdict for
// each page: {refused, seen}.
import { until } from '../interop/lib/tap.mjs';

const refused = (seen) => ({ refused: true, seen });
const through = (seen) => ({ refused: false, seen });

const FALSE_FRAMES = 'false frames under this name were refused';
/** How many messages the page says to have refused for what they were. */
const wrongMessages = ({ refused: told }) => Number(told.match(/(\d+) messages that were altered, repeated/)?.[1] ?? 0);
const OFTEN = 4;

/** Joins by the page's own button; a page that stops says why. */
async function byButton(stage, why) {
  await stage.open();
  const verdicts = {};
  await Promise.all(
    stage.viewers.map(async ({ name, ours }) => {
      const { page } = ours;
      await page.fill('#token', ours.token);
      await page.click('#go');
      let said = '';
      await until(`${name} enters, or says why not`, async () => {
        said = await page.textContent('#status');
        return said.includes(why) || (await page.isVisible('#stage'));
      }, 40000).catch(({ message }) => {
        throw new Error(`${message}; it says: ${said}`);
      });
      verdicts[name] = said.includes(why) ? refused(`the page did not enter, and says: ${said}`) : through('the page entered');
    }),
  );
  return verdicts;
}

/** Clear frames in a picture and a sound; they are magenta. */
async function clearFrames(stage) {
  await stage.enter(['anna']);
  const [anna] = stage.publishers;
  await Promise.all([anna.publishVideo({ fps: 50 }), anna.publishTone(440)]);
  return stage.verdicts('anna', ({ words, video, pipes }) => {
    if (video.magenta > 0) return through(`${video.magenta} pictures of the server were shown`);
    const both = pipes.length === 2 && pipes.every(({ ok, reasons }) => ok > 0 && (reasons['bad-trailer'] ?? 0) >= 2);
    if (!both || video.frames < 50 || stage.carriedOut < OFTEN || !words.includes(FALSE_FRAMES)) return null;
    return refused(`none of ${video.frames} pictures was the server's; the tile says: ${words}`);
  });
}

const SPOKEN = ['one', 'two', 'three'];

export const ATTACKS = {
  'clear-room': {
    says: 'the room of a link with a key is said to be unencrypted',
    run: (stage) => byButton(stage, 'the server says the room is not encrypted'),
  },
  'strip-fragment': {
    says: 'the page redirects, so that the browser forgets the key behind #',
    run: (stage) => byButton(stage, 'This room needs its key'),
  },
  'clear-tracks': {
    says: 'encrypted tracks are said to be clear, which switches decryption off in other clients',
    async run(stage) {
      await stage.enter(['anna']);
      const [anna] = stage.publishers;
      await Promise.all([anna.publishVideo(), anna.publishTone(440)]);
      return stage.verdicts('anna', ({ words, playing, video }) => {
        if (playing > 0) return through(`${playing} tracks are played`);
        if (stage.carriedOut < 2 || !words.includes('blocked: not encrypted')) return null;
        return refused(`nothing is played, ${video.frames} pictures came through; the tile says: ${words}`);
      });
    },
  },
  'inject-media': { says: 'clear frames among the encrypted ones', run: clearFrames },
  'trailer': { says: "clear frames that end in the server's own mark, which other clients play", run: clearFrames },
  'swap': {
    says: "one person's encrypted stream is sent as another's",
    async run(stage) {
      await stage.enter(['anna', 'ben']);
      const [anna, ben] = stage.publishers;
      await anna.publishVideo({ u: 90, v: 180 });
      await ben.publishVideo({ u: 180, v: 90 });
      return stage.verdicts('anna', ({ words, video: { frames, u, v } }) => {
        if (Math.abs(u - 180) < 16 && Math.abs(v - 90) < 16) return through("ben's picture is shown as anna's");
        if (stage.carriedOut < 1 || !words.includes(FALSE_FRAMES)) return null;
        return refused(`none of ${frames} pictures under anna's name was ben's; the tile says: ${words}`);
      });
    },
  },
  'replay-media': {
    says: 'an encrypted frame comes again and again',
    async run(stage) {
      await stage.enter(['anna']);
      const [anna] = stage.publishers;
      await Promise.all([anna.publishVideo({ fps: 50 }), anna.publishTone(440)]);
      return stage.verdicts('anna', ({ words, pipes }) => {
        const ok = pipes.reduce((sum, one) => sum + one.ok, 0);
        const dropped = pipes.reduce((sum, one) => sum + (one.reasons.replay ?? 0), 0);
        if (dropped >= OFTEN && words.includes(FALSE_FRAMES)) return refused(`${dropped} frames were dropped; the tile says: ${words}`);
        if (stage.carriedOut < 4 * OFTEN || ok < 500 || dropped > 0) return null;
        return through(`${stage.carriedOut} old frames were sent, and not one was dropped`);
      });
    },
  },
  'inject-data': {
    says: "messages in clear, in a participant's name",
    async run(stage) {
      await stage.enter(['anna']);
      const [anna] = stage.publishers;
      for (const text of SPOKEN) await anna.send(text, { topic: 'chat' });
      return stage.verdicts('anna', (view) => {
        const forged = view.messages.filter((text) => text.includes('injected in clear'));
        if (forged.length > 0) return through(`the page was given: ${forged[0]}`);
        if (stage.carriedOut < SPOKEN.length || !SPOKEN.every((text) => view.messages.includes(text))) return null;
        if (!view.refused.includes('messages that were not encrypted')) return null;
        return refused(`only what anna said is there; the page says: ${view.refused}`);
      });
    },
  },
  'replay-data': {
    says: 'an encrypted message comes again and again',
    async run(stage) {
      await stage.enter(['anna']);
      const [anna] = stage.publishers;
      // The unordered channel: on the ordered one a repeated message is out of order as well.
      const say = (text) => anna.send(text, { topic: 'chat', reliable: false });
      let said = 0;
      const judge = (view) => {
        const times = view.messages.filter((text) => text === 'message 1').length;
        if (times > 1) return through(`the first message was there ${times} times`);
        if (times < 1 || stage.carriedOut < OFTEN || !view.refused.includes('repeated')) return null;
        return refused(`the first message was there once; the page says: ${view.refused}`);
      };
      return stage.verdicts('anna', judge, { act: () => said < 60 && say(`message ${++said}`) });
    },
  },
  'reorder-data': {
    says: 'every other encrypted message comes after the one behind it',
    async run(stage) {
      await stage.enter(['anna']);
      const [anna] = stage.publishers;
      for (const text of [...SPOKEN, 'four']) await anna.send(text, { topic: 'chat' });
      return stage.verdicts('anna', (view) => {
        const { messages } = view;
        if (messages.includes('two') && messages.indexOf('one') > messages.indexOf('two')) return through(`the page was given: ${messages}`);
        if (!messages.includes('four') || wrongMessages(view) < 2) return null;
        return refused(`the page was given: ${messages}; it says: ${view.refused}`);
      });
    },
  },
  'rename-data': {
    says: "one person's encrypted messages are delivered as another's",
    async run(stage) {
      await stage.enter(['anna', 'ben']);
      const [anna] = stage.publishers;
      for (const text of SPOKEN) await anna.send(text, { topic: 'chat' });
      return stage.verdicts('anna', (view) => {
        if (view.messages.length > 0) return through(`the page was given, as ben's: ${view.messages}`);
        if (wrongMessages(view) < SPOKEN.length) return null;
        return refused(`the page was given nothing; it says: ${view.refused}`);
      });
    },
  },
};
