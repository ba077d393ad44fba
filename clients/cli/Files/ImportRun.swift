import PatronClient
import PatronModel

/// Sends a file of customers in batches, one after the other: the order of the rows is the order in
/// which the server applies them. While one batch is on its way the next is read.
struct ImportRun: Sendable {
  let session: Session
  /// The request without items.
  let frame: ImportCustomersRequest
  let batchSize: Int
  let rejectsPath: String
  /// Whether cells are taken as they stand.
  let isUnescaped: Bool

  /// Sends everything, prints the summary, and throws exit status 3 when there were rejects.
  func run(_ source: String) async throws {
    let file = try InputFile.open(source)
    try file.refuse(asRejects: rejectsPath)
    let summary = try await send(file)
    show(summary)
    if summary.rejected > 0 { throw BatchRejects.exitCode }
  }

  private func show(_ summary: BatchSummary) {
    session.print(summary.text(session.format, session.style))
    if frame.validateOnly, session.format == .table {
      session.remark("nothing was written: --dry-run")
    }
  }

  private func send(_ file: consuming InputFile) async throws -> BatchSummary {
    var reader = try ImportReader(file, isUnescaped: isUnescaped, count: batchSize)
    if !reader.header.ignored.isEmpty {
      let names = reader.header.ignored.joined(separator: ", ")
      session.remark("note: not imported, because only exports have them: \(names)")
    }
    var progress = ProgressBar(
      label: "customers",
      total: reader.size,
      environment: session.environment
    )
    var rejects = CSVRejects(
      path: rejectsPath,
      header: reader.headerRow,
      reasonIndex: reader.header.reasonIndex
    )
    var summary = BatchSummary(noun: "customer", begun: .now)
    var warnings: [String: Int] = [:]
    var failure: (any Error)?
    do {
      var prepared = Result { () throws(LocalError) in try reader.next() }
      while let batch = try following(prepared, summary) {
        let hasAnswered = summary.hasAnswer
        async let pending = answer(to: batch, hasAnswered: hasAnswered)
        prepared = Result { () throws(LocalError) in try reader.next() }
        do {
          let results = try await pending
          for warning in results.flatMap(\.warnings) { warnings[warning.reason, default: 0] += 1 }
          try note(results, batch, &summary, &rejects)
        } catch let error as RPCError {
          throw stopped(error, summary, batch)
        }
        progress.update(bytes: batch.bytesRead, records: summary.records)
      }
    } catch {
      failure = error
    }
    // On every way out, so that a message does not stand behind the bar.
    progress.clear()
    // An import that failed before anything was told to the server has nothing to sum up.
    if let failure, !summary.hasAnswer { throw failure }
    try rejects.close()
    for (reason, count) in warnings.sorted(by: { $0.key < $1.key }).prefix(50) {
      session.remark("\(ErrorText.reason(reason)): \(ValueText.plural(count, "time"))")
    }
    summary.finish(
      rejectsPath: rejects.path,
      rejectCount: rejects.count,
      environment: session.environment
    )
    if let failure {
      show(summary)
      throw failure
    }
    return summary
  }

  /// The next batch. What is wrong with the file is told with how to go on, since the rows of the
  /// batches before have been taken.
  private func following(
    _ prepared: Result<ImportBatch?, LocalError>,
    _ summary: BatchSummary
  ) throws(LocalError) -> ImportBatch? {
    do throws(LocalError) {
      return try prepared.get()
    } catch {
      guard summary.hasAnswer else { throw error }
      var error = error
      error.description +=
        "; \(ValueText.plural(summary.records, "customer")) before it got an answer. Mend the file "
        + "and run the same command again: what was applied stays unchanged"
      throw error
    }
  }

  private func answer(
    to batch: ImportBatch,
    hasAnswered: Bool
  ) async throws -> [BatchItemResult] {
    if batch.items.isEmpty { return [] }
    var request = frame
    request.items = batch.items
    let sent = request
    let response = try await BatchRetry.run(hasAnswered: hasAnswered) {
      () async throws(RPCError) in
      try await session.client.customers.importCustomers(sent, options: session.call)
    }
    guard response.results.count == batch.items.count else {
      throw RPCError(
        code: .internal,
        message: "ImportCustomers answered \(response.results.count) results for "
          + "\(batch.items.count) customers"
      )
    }
    return response.results
  }

  private func note(
    _ results: [BatchItemResult],
    _ batch: ImportBatch,
    _ summary: inout BatchSummary,
    _ rejects: inout CSVRejects
  ) throws {
    var rejected = batch.rejects
    for (index, result) in results.enumerated() {
      guard let status = result.error else { continue }
      let reason = ImportReason.text(RPCError(status), batch.items[index])
      rejected.append((batch.rows[index], reason))
    }
    summary.add(results)
    summary.rejected += batch.rejects.count
    for (row, reason) in rejected.sorted(by: { $0.row.line < $1.row.line }) {
      try rejects.add(row, reason)
      guard summary.shown.count < 5 else { continue }
      let error = RPCError(code: .invalidArgument, message: reason)
      summary.shown.append(RejectedLine(number: row.line, error: error, input: row.raw))
    }
  }

  private func stopped(
    _ error: RPCError,
    _ summary: BatchSummary,
    _ batch: ImportBatch
  ) -> RPCError {
    guard let first = batch.rows.first?.line, summary.hasAnswer else { return error }
    var error = error
    error.message +=
      "; stopped at line \(first), \(ValueText.plural(summary.records, "customer")) before it got "
      + "an answer. Run the same command again: what was applied stays unchanged"
    return error
  }
}
