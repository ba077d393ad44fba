import TTRPC

import enum PatronClient.SafeText

struct TextReport {
  let result: LoadResult
  let request: RequestDescription

  var text: String {
    var lines = heading + [""] + summary + [""] + latencies + [""] + codes
    if !warnings.isEmpty { lines += [""] + warnings }
    return lines.joined(separator: "\n") + "\n"
  }

  private var settings: LoadSettings { result.settings }
  private var statistics: LoopStatistics { result.statistics }

  private var heading: [String] {
    let shape =
      if let rate = settings.rate {
        "open loop, \(Self.rate(rate.perSecond)) requests/s planned, at most "
          + "\(NumberText.grouped(UInt64(settings.callers))) in flight"
      } else {
        "closed loop, \(Self.number(settings.callers, "caller"))"
      }
    return [
      "\(settings.method) at \(settings.target)",
      "\(shape), \(Self.number(settings.connections, "connection")), "
        + Self.number(settings.threads, "thread"),
      "seed \(request.seed)",
    ]
  }

  private var summary: [String] {
    var rows = [
      ("Rate", "\(NumberText.fixed(result.rate, 1)) OK answers/s"),
      (
        "Answers",
        "\(NumberText.grouped(statistics.answers)) in \(NumberText.time(Double(result.elapsed)))"
          + " (\(NumberText.grouped(statistics.warmupAnswers)) before them as warm-up)"
      ),
    ]
    if let distinct = statistics.distinct {
      rows.append(
        ("Distinct", "\(NumberText.grouped(UInt64(distinct.count))) values answered OK")
      )
    }
    if settings.rate != nil {
      rows.append(("Dropped", "\(NumberText.grouped(statistics.dropped)) never sent"))
      rows.append(("Late", late))
    }
    rows.append(
      (
        "Messages",
        "\(NumberText.bytes(statistics.bytesSent)) of payload sent, "
          + "\(NumberText.bytes(statistics.bytesReceived)) received"
      )
    )
    rows.append(("CPU", cpu))
    return rows.map { NumberText.left($0.0, 10) + $0.1 }
  }

  private var late: String {
    let count = NumberText.grouped(statistics.late)
    let limit = NumberText.time(Double(OpenLoop.lateness))
    let text = "\(count) sent \(limit) or more after their time"
    if statistics.late == 0 { return text }
    return text + ", at most \(NumberText.time(Double(statistics.maxLateness)))"
  }

  private var cpu: String {
    let share = NumberText.fixed(result.cpuShare * 100, 0)
    return "\(NumberText.time(Double(result.cpu.user))) user + "
      + "\(NumberText.time(Double(result.cpu.system))) system, \(share) % of one processor, "
      + "used by patron-load itself"
  }

  private var latencies: [String] {
    let isOpen = settings.rate != nil
    var columns = [("Latency", statistics.response)]
    if isOpen { columns = [("Response", statistics.response), ("Service", statistics.service)] }
    var lines = [NumberText.left("", 10) + columns.map { NumberText.right($0.0, 12) }.joined()]
    func add(_ name: String, _ value: (Latencies) -> Double) {
      let cells = columns.map { column in
        NumberText.right(column.1.count == 0 ? "-" : NumberText.time(value(column.1)), 12)
      }
      lines.append(NumberText.left(name, 10) + cells.joined())
    }
    add("mean") { $0.mean }
    for percentile in LoadResult.percentiles {
      add("p" + NumberText.percentile(percentile)) { Double($0.percentile(percentile)) }
    }
    add("max") { Double($0.most) }
    lines.append(
      isOpen
        ? "Response time starts at the planned time, service time when the request was sent. OK "
          + "only."
        : "From sending to the answer. OK answers only."
    )
    return lines
  }

  private var codes: [String] {
    var lines = ["Status"]
    if result.codes.isEmpty { lines.append("  no answers") }
    for (code, count) in result.codes {
      let share = Double(count) * 100 / Double(max(1, statistics.answers))
      lines.append(
        "  " + NumberText.left(code.description, 20)
          + NumberText.right(NumberText.grouped(count), 14)
          + NumberText.right(NumberText.fixed(share, 2) + " %", 12)
      )
    }
    if !result.messages.isEmpty { lines.append("Errors") }
    for (message, count) in result.messages.prefix(10) {
      let text = SafeText.line(message, limit: SafeText.maxSentence)
      lines.append("  " + NumberText.right(NumberText.grouped(count), 10) + "  " + text)
    }
    if let hint = result.hint { lines.append("hint: \(hint)") }
    return lines
  }

  private var warnings: [String] {
    var lines: [String] = []
    // Shorter runs do not show a limit, because start-up takes much of their time.
    if result.isSaturated && result.elapsed >= 1_000_000_000 {
      lines.append(
        "warning: patron-load was busy all the time, so these numbers may show its own limit; "
          + "use more --threads, or another machine"
      )
    }
    if statistics.dropped > 0 {
      lines.append(
        "warning: \(NumberText.grouped(statistics.dropped)) requests were dropped because "
          + "\(settings.callers) were in flight; the server does not keep up, and the latencies "
          + "do not include the dropped requests"
      )
    }
    if statistics.late * 100 > statistics.answers {
      lines.append(
        "warning: more than 1 % of the requests were sent late; response times include the delay, "
          + "but the rate was uneven"
      )
    }
    if statistics.warmupFailures > 0 {
      lines.append(
        "warning: \(NumberText.grouped(statistics.warmupFailures)) answers of the warm-up were "
          + "not OK"
      )
    }
    if statistics.lostConnections > 0 {
      lines.append("warning: connections were lost \(statistics.lostConnections) times")
    }
    return lines + endings
  }

  private var endings: [String] {
    switch result.endReason {
    case .interrupted: ["warning: interrupted; the report covers the time before"]
    case .unreachable: ["warning: gave up because the server could no longer be reached"]
    case .total, .duration: []
    }
  }

  private static func number(_ count: Int, _ noun: String) -> String {
    "\(NumberText.grouped(UInt64(count))) \(noun)\(count == 1 ? "" : "s")"
  }

  private static func rate(_ value: Double) -> String {
    NumberText.fixed(value, value == value.rounded() ? 0 : 3)
  }
}
