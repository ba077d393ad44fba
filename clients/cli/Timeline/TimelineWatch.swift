import ArgumentParser
import PatronClient

/// Prints events as they are recorded.
struct TimelineWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Print events as they are recorded, of one customer or of a whole store.",
    discussion: """
      Events come in the order in which they were recorded, each once; one that was replaced comes \
      again. When the server goes away it is waited for, and the watch goes on where it stopped. \
      At the end the last sequence is told on standard error: --since goes on there another time, \
      and --since 1 begins with the oldest event. With --output ndjson each line has sequence, \
      kind and event. --timeout bounds connecting only.

      Ends with status 0 after --limit events, or when it is interrupted.

      EXAMPLES
        patron timeline watch
        patron timeline watch --external-id 42 --type order_placed
        patron timeline watch --since 5123 --output ndjson
      """
  )

  @OptionGroup(title: "Customer") var customer: OptionalCustomer

  @Option(
    help: ArgumentHelp(
      "Go on after this sequence; 0 begins with the next event.",
      valueName: "sequence"
    )
  )
  var since: Int64 = 0

  @OptionGroup(title: "Which events") var which: EventKindFlags

  @Option(help: ArgumentHelp("End after so many events.", valueName: "count"))
  var limit: Int?

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard since >= 0 else {
      throw ValidationError("--since is \(since); expected a sequence, 0 or more.")
    }
    guard limit ?? 1 > 0 else {
      throw ValidationError("--limit is \(limit ?? 0); expected 1 or more.")
    }
  }

  func run() async throws {
    try await Session.run(global, formats: [.table, .ndjson]) { session in
      let run = WatchRun(session, request(session.storeID), limit: limit)
      let result: Result<Void, any Error>
      do {
        try await untilInterrupted(session) { try await run.follow() }
        result = .success(())
      } catch {
        result = .failure(error)
      }
      if let last = run.lastSequence {
        session.remark("last sequence \(last); go on with --since \(last)")
      }
      try result.get()
    }
  }

  private func request(_ storeID: String) -> WatchTimelineRequest {
    let filter = which.filter
    return .with {
      $0.storeID = storeID
      $0.customer = customer.reference
      $0.filter = filter == EventFilter() ? nil : filter
      $0.afterSequence = since
    }
  }

  /// Runs `body` until it ends or the user interrupts the program.
  private func untilInterrupted(
    _ session: Session,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let untilInterrupted = session.environment.untilInterrupted
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await body()
        return false
      }
      group.addTask {
        await untilInterrupted()
        return true
      }
      let wasInterrupted = try await group.next() ?? false
      group.cancelAll()
      // A line that is being printed is completed. The error is that of the cancelled call.
      if wasInterrupted { _ = try? await group.next() }
    }
  }
}
