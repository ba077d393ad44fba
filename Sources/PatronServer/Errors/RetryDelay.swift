/// The waits that refusals ask for where the server cannot tell when it will do better. The queue
/// of the writer computes its own.
enum RetryDelay {
  /// An operator, or another process, must act first: the disk is full, or the database is locked.
  static let ofOperator = Duration.seconds(1)
  /// The server restarts. A start takes less, unless a drain comes before it.
  static let ofRestart = Duration.seconds(1)
  /// A supervisor restarts the server after its disk failed, usually with a pause.
  static let ofFailedDisk = Duration.seconds(5)
  /// Work of others took what this call needed, and may go on for a while.
  static let ofPressure = Duration.seconds(1)
}
