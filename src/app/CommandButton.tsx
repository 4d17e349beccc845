import type { ReactNode } from 'react';
import { useT } from '../i18n/use-t.ts';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useSession } from '../view/session-context.ts';
import { type CommandId, commandOf } from './commands.ts';

export interface CommandButtonProps {
  readonly command: CommandId;
  /** The icon. */
  readonly children: ReactNode;
  readonly isDisabled?: boolean;
  readonly className?: string;
}

/** A button for a command of the table. */
export function CommandButton({ command: id, children, isDisabled, className }: CommandButtonProps) {
  const t = useT();
  const session = useSession();
  const command = commandOf(id);
  return (
    <IconButton
      label={t(command.label)}
      shortcuts={command.shortcuts}
      isDisabled={isDisabled}
      className={className}
      onPress={() => command.run(session)}
    >
      {children}
    </IconButton>
  );
}
