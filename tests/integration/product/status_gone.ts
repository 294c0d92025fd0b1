/**
 * What a daemon logs whose FileIntegrity is deleted, for `Installation.faults`: it sees its status go, or learns of that
 * by its own write, and is ended.
 */
export const statusGone =
  /"message":"(The FileIntegrityNodeStatus is gone: |Cannot patch FileIntegrityNodeStatus .* not found |Ends with a result that could not be published)/;
