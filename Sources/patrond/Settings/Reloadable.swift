/// A part of the server that takes new values of some settings while it runs.
struct Reloadable: Sendable {
  /// The names of the settings. ``Setting/isReloadable`` marks them.
  let names: Set<String>
  /// Puts the values of a command line into force. Called on any thread, one call at a time.
  let apply: @Sendable (Serve) -> Void
}
