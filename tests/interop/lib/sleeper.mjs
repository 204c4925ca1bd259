// SPDX-License-Identifier: Apache-2.0
// A native client in a process of its own, which can be stopped from outside as a whole.
import { Room } from '@livekit/rtc-node';

const [url, token] = process.argv.slice(2);
const room = new Room();
await room.connect(url, token, { autoSubscribe: true, dynacast: false });
process.stdout.write('joined\n');
