// SPDX-License-Identifier: Apache-2.0
// A meeting: joins with what the pre-join page hands over, and shows who is there.
import { type Room, RoomEvent } from 'livekit-client';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { joinMeeting } from '../e2ee/meeting';
import { Button } from '../ui';
import type { MeetingProps } from './handoff';

export default function Meeting({ admission, media, keys, onEnd }: MeetingProps) {
  const { t } = useTranslation('meeting');
  const [room, setRoom] = useState<Room | null>(null);
  const [, redraw] = useState(0);

  useEffect(() => {
    let isGone = false;
    const meeting = joinMeeting({
      ...{ keys, url: admission.livekitHost, token: admission.token },
      serverSays: admission.settings.e2ee ? 'encrypted' : 'clear',
      onStopped: (error) => onEnd({ kind: 'stopped', error }),
    });
    meeting.then(
      async ({ room: joined }) => {
        if (isGone) return;
        joined.on(RoomEvent.ParticipantConnected, () => redraw((n) => n + 1));
        joined.on(RoomEvent.ParticipantDisconnected, () => redraw((n) => n + 1));
        setRoom(joined);
        await joined.localParticipant.setMicrophoneEnabled(media.microphone).catch(() => undefined);
        await joined.localParticipant.setCameraEnabled(media.camera).catch(() => undefined);
      },
      (error: unknown) => !isGone && onEnd({ kind: 'stopped', error }),
    );
    return () => {
      isGone = true;
      void meeting.then(
        ({ room: joined, manager }) => joined.disconnect().then(() => manager?.dispose()),
        () => undefined,
      );
    };
    // The meeting that was entered stays the same for the life of this component.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const people = room ? [room.localParticipant, ...room.remoteParticipants.values()] : [];
  return (
    <main className="stage">
      <ul>
        {people.map((person) => (
          <li key={person.sid}>{person.name || person.identity}</li>
        ))}
      </ul>
      <Button look="danger" onClick={() => onEnd({ kind: 'left' })}>
        {t('leave')}
      </Button>
    </main>
  );
}
