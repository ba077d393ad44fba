import PatronServer
import PatronStore
import TTRPC
import TTRPCNIO

/// The page of metrics. docs/metrics.md explains each.
struct MetricsPage {
  var text = MetricText()

  /// Gathers and writes the metrics. Waits for loops that are busy, a second at most.
  static func make(of state: OpsState) async -> String {
    var page = MetricsPage()
    let status = state.status
    page.addProcess(state, status)
    guard let parts = state.parts else { return page.text.text }
    let start = ContinuousClock.now
    let loops = await parts.server.counts(within: OpsState.patience)
    page.addLoops(loops, start.duration(to: .now))
    if let methods = await parts.server.methods(within: OpsState.patience) {
      var sum = LoopCounts(methods: methods.count)
      for case let counts? in loops { sum.add(counts) }
      page.addCalls(sum, methods)
      page.addConnections(sum)
    }
    if let clients = status.clients { page.addClients(clients, parts) }
    if let database = status.database { page.addDatabase(database, parts.store.meter.current) }
    page.addBackups(parts.store.backups)
    return page.text.text
  }

  private mutating func addProcess(_ state: OpsState, _ status: ServerStatus) {
    let use = ProcessUse.now()
    text.begin("patron_build_info", .gauge, "The versions of the server and of its database.")
    text.add(
      "patron_build_info",
      ["version": status.version, "sqlite": status.sqliteVersion, "swift": Self.swiftVersion],
      1
    )
    text.gauge("patron_ready", "1 if the server accepts calls.", status.unreadiness.isEmpty)
    text.counter("process_cpu_seconds_total", "Processor time of the process.", use.cpuSeconds)
    text.gauge("process_start_time_seconds", "Start of the process since 1970.", state.startedAt)
    if let bytes = use.residentBytes {
      text.gauge("process_resident_memory_bytes", "Memory of the process.", bytes)
    }
    if let files = use.openFiles { text.gauge("process_open_fds", "Open files.", files) }
    if let files = use.maxFiles { text.gauge("process_max_fds", "Limit of open files.", files) }
    text.counter(
      "patron_log_dropped_lines_total",
      "Lines of the log that its reader was too slow for.",
      state.droppedLogLines()
    )
  }

  private static var swiftVersion: String {
    #if compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  private mutating func addLoops(_ loops: [LoopCounts?], _ delay: Duration) {
    let silent = loops.count { $0 == nil }
    text.gauge("patron_loops", "I/O loops of the server.", loops.count)
    text.gauge("patron_loops_silent", "I/O loops that did not answer this scrape.", silent)
    text.gauge(
      "patron_loop_delay_seconds",
      "Time that the slowest I/O loop took to answer this scrape: what a short read waits.",
      delay.inSeconds
    )
  }

  private mutating func addClients(_ clients: ServerStatus.Clients, _ parts: OpsState.Parts) {
    text.gauge("patron_rpc_in_flight", "Calls that wait for an answer.", clients.callsInFlight)
    text.gauge(
      "patron_unread_answer_bytes",
      "Answers that clients have not taken.",
      clients.unreadAnswerBytes
    )
    text.gauge(
      "patron_request_memory_bytes",
      "Memory reserved for large requests.",
      clients.requestBytes
    )
    text.gauge("patron_watches", "Open watches.", clients.watches)
    text.gauge(
      "patron_watch_lag_events",
      "The most by which a watch of a store is behind, in numbers of its sequence.",
      parts.watches.lag
    )
    let name = "patron_authentication_failures_total"
    text.begin(name, .counter, "Calls refused because of who called, by reason.")
    for (reason, count) in (parts.failures?.totals ?? [:]).sorted(by: { $0.key < $1.key }) {
      text.add(name, ["reason": reason], count)
    }
  }
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
