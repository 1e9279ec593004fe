import { ProfileList } from "./ProfileList"
import { RuleList } from "./RuleList"

/** What agents may do unasked: remembered answers, and the profiles tasks can have. */
export function PermissionsView() {
  return (
    <>
      <RuleList />
      <ProfileList />
    </>
  )
}
