import { type ReactNode, useState } from "react";
import { Button } from "./button.js";
import { Dialog, DialogActions } from "./dialog.js";
import { Checkbox } from "./form.js";

/** A secret that nobody can read again. Closes only when somebody says that it is kept. */
export function ShownOnce(props: {
  title: string;
  description: string;
  /** What is to be kept: "key", "password". */
  what: string;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const { title, description, what, wide = false, onClose, children } = props;
  const [kept, setKept] = useState(false);
  return (
    <Dialog open onClose={() => kept && onClose()} closeOnOutside={false} wide={wide} title={title} description={description}>
      <div className="flex flex-col gap-4">
        {children}
        <Checkbox label={`I have put the ${what} where it is safe`} checked={kept} onChange={(event) => setKept(event.target.checked)} />
      </div>
      <DialogActions>
        <Button variant="primary" disabled={!kept} onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
