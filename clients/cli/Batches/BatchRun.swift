import PatronClient

/// The upload of a whole input in batches. Batches are sent one after the other, so the server
/// applies the lines in order. The next batch is read and encoded while one is in flight.
struct BatchRun: Sendable {
  private let job: BatchJob
  private let session: Session
  private let batchSize: Int
  private let rejectsPath: String?
  /// Maximum duration of retries of one batch.
  var patience = Duration.seconds(60)

  init(_ job: BatchJob, _ session: Session, _ flags: BatchFlags) {
    self.job = job
    self.session = session
    batchSize = flags.batchSize
    rejectsPath = flags.rejects
  }

  /// Sends the input and prints the summary. Exits with status 3 if lines were rejected.
  func run(_ source: String) async throws {
    guard session.format != .csv else {
      throw LocalError.usage("--output csv is not supported here")
    }
    let file = try InputFile.open(source)
    try file.refuse(asRejects: rejectsPath ?? BatchRejects.defaultPath)
    let summary = try await send(file)
    session.print(summary.text(session.format, session.style))
    if summary.rejected > 0 { throw BatchRejects.exitCode }
  }

  private func send(_ file: consuming InputFile) async throws -> BatchSummary {
    var assembler = BatchAssembler(job, file, count: batchSize, session.times)
    var progress = ProgressBar(
      label: job.noun + "s",
      total: assembler.inputSize,
      environment: session.environment
    )
    var rejects = try BatchRejects(path: rejectsPath)
    var summary = BatchSummary(noun: job.noun, begun: .now)
    // The bar is removed on every exit, so that no message is appended to it.
    defer { progress.clear() }
    var prepared = Result { () throws(LocalError) in try assembler.next() }
    while let read = try prepared.get() {
      let batch = try await session.learnZone() ? assembler.remade(read) : read
      let hasAnswered = summary.hasAnswer
      async let pending = results(of: batch, hasAnswered: hasAnswered)
      prepared = Result { () throws(LocalError) in try assembler.next() }
      do {
        try note(try await pending, batch, &summary, &rejects)
      } catch let error as RPCError {
        progress.clear()
        try rejects.close()
        if summary.hasAnswer {
          summary.finish(rejects: rejects, environment: session.environment)
          session.print(summary.text(session.format, session.style))
        }
        throw stopped(error, summary, batch)
      }
      progress.update(bytes: batch.bytesRead, records: summary.records)
    }
    progress.clear()
    try rejects.close()
    summary.finish(rejects: rejects, environment: session.environment)
    if let remark = rejects.endClean() { session.remark(remark) }
    return summary
  }

  /// Sends a batch and returns the results, or none if the batch has no records.
  private func results(
    of batch: PreparedBatch,
    hasAnswered: Bool
  ) async throws -> [BatchItemResult] {
    if batch.lines.isEmpty { return [] }
    if !hasAnswered { try await session.reach() }
    return try await BatchPieces.results(of: batch.items[...]) { items in
      try await results(of: job.request(items), count: items.count)
    }
  }

  /// Makes one call, and further attempts at it.
  private func results(of request: [UInt8], count: Int) async throws -> [BatchItemResult] {
    let bytes = try await BatchRetry.run(patience: patience) {
      () async throws(RPCError) in
      var options = session.call
      options.hasRequestID = job.requestIDField != nil
      return try await session.client.channel.unary(job.method, request, options)
    }
    let results: [BatchItemResult]
    do throws(CodecError) {
      results = try job.decode(bytes)
    } catch {
      throw RPCError(code: .internal, message: "response of \(job.method): \(error)")
    }
    guard results.count == count else {
      throw RPCError(
        code: .internal,
        message: "\(job.method) returned \(results.count) results for \(count) records"
      )
    }
    return results
  }

  private func note(
    _ results: [BatchItemResult],
    _ batch: PreparedBatch,
    _ summary: inout BatchSummary,
    _ rejects: inout BatchRejects
  ) throws {
    var rejected = batch.rejects
    for (result, line) in zip(results, batch.lines) {
      if let status = result.error {
        rejected.append(
          RejectedLine(number: line.number, error: RPCError(status), input: line.text)
        )
      }
    }
    if !batch.lines.isEmpty { summary.add(results) }
    summary.rejected += batch.rejects.count
    for reject in rejected.sorted(by: { $0.number < $1.number }) {
      try rejects.add(reject)
      if summary.shown.count < 5 { summary.shown.append(reject) }
    }
  }

  private func stopped(_ error: RPCError, _ summary: BatchSummary, _ batch: PreparedBatch)
    -> RPCError
  {
    guard let first = batch.lines.first?.number, let last = batch.lines.last?.number,
      summary.hasAnswer
    else { return error }
    var error = error
    error.message +=
      "; stopped at lines \(first) to \(last), "
      + "after answers to \(ValueText.plural(summary.records, "record")). "
      + "Run the same command again; lines that were applied stay unchanged"
    return error
  }
}
