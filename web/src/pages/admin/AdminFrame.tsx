// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import { Redirect } from 'wouter';
import { useUser } from '../../app/services';
import { AppFrame } from '../frame/AppFrame';

function Checked({ children }: { children: ReactNode }) {
  return useUser()?.isAdmin ? children : <Redirect to="/dashboard" replace />;
}

/** Of those who run the server; the server looks for itself at each call. */
export function AdminFrame({ children }: { children: ReactNode }) {
  return (
    <AppFrame>
      <Checked>{children}</Checked>
    </AppFrame>
  );
}
