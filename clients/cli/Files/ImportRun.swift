import PatronClient
import PatronModel

/// The upload of an import file in batches. Batches are sent one after the other, so the server
/// applies the records in order. The next batch is read while one is in flight.
struct ImportRun: Sendable {
  let session: Session
  let batchSize: Int
  /// The file for rejects; nil selects the default path.
  let rejectsPath: String?
  let isDryRun: Bool
  /// True if cells are read unchanged, without removing the mark against formulas.
  let isUnescaped: Bool
  let map: ColumnMap

  /// Imports a file of customers and prints the summary. Exits with status 3 if records were
  /// rejected.
  func run(
    _ source: String,
    _ frame: ImportCustomersRequest,
    delimiter: UInt8?,
    preset: ImportPreset?
  ) async throws {
    var lines = try ImportLines(try InputFile.open(source), delimiter: delimiter)
    guard !lines.isDocument else {
      throw LocalError(
        "\(lines.name) is JSON over several lines or in an array; expected one object per line. "
          + "Convert an array with `jq -c '.[]'`, objects with `jq -c .`"
      )
    }
    guard case .csv(let delimiter) = lines.form else {
      guard map.isEmpty, preset == nil else {
        throw LocalError.usage("\(lines.name) is NDJSON; --map and --preset apply to CSV only")
      }
      return try await run(records: lines, frame)
    }
    let row = try lines.header()
    let header = try ImportHeader(
      try ImportText.names(row, lines.name),
      map: map,
      preset: preset,
      fileName: source
    )
    for remark in header.remarks { session.remark(remark) }
    var country = frame.defaultCountry
    if country.isEmpty, header.columns.contains(.field(.phoneNumber)) {
      country = await storeCountry()
    }
    let duplicates = ImportDuplicates(onMismatch: frame.onMismatch, defaultCountry: country)
    try await finish(
      lines,
      CustomerRows(
        header: header,
        text: ImportText(isUnescaped: isUnescaped),
        times: session.times,
        dropsInvalid: frame.invalidFields != .reject,
        duplicates: duplicates
      ),
      CustomerImportCall(frame: frame, header: header),
      .csv(header: row, reasonIndex: header.reasonIndex, delimiter: delimiter)
    )
  }

  private func run(
    records lines: consuming ImportLines,
    _ frame: ImportCustomersRequest
  ) async throws {
    let duplicates = ImportDuplicates(
      onMismatch: frame.onMismatch,
      defaultCountry: frame.defaultCountry
    )
    try await finish(
      lines,
      CustomerRecords(
        duplicates: duplicates,
        dropsInvalid: frame.invalidFields != .reject
      ),
      CustomerImportCall(frame: frame, header: nil),
      .ndjson
    )
  }

  /// Imports a file of suppressed addresses in the same way.
  func run(
    suppressions source: String,
    _ frame: ImportSuppressionsRequest,
    delimiter: UInt8?
  ) async throws {
    var lines = try ImportLines(try InputFile.open(source), delimiter: delimiter)
    guard case .csv(let delimiter) = lines.form else {
      let form = lines.isDocument ? "JSON" : "NDJSON"
      throw LocalError("\(lines.name) is \(form); expected CSV with a column address")
    }
    let row = try lines.header()
    let header = try SuppressionHeader(try ImportText.names(row, lines.name), map: map)
    for remark in header.remarks { session.remark(remark) }
    try await finish(
      lines,
      SuppressionRows(
        header: header,
        text: ImportText(isUnescaped: isUnescaped),
        times: session.times
      ),
      SuppressionImportCall(frame: frame),
      .csv(header: row, reasonIndex: header.reasonIndex, delimiter: delimiter)
    )
  }

  /// Returns the store's default country of phone numbers; empty if it has none or the call fails.
  /// The import itself then reports the failure.
  private func storeCountry() async -> String {
    let request = GetStoreSettingsRequest.with { $0.storeID = session.storeID }
    let response = try? await session.client.customers
      .getStoreSettings(request, options: session.call)
    return response?.settings?.defaultCountry ?? ""
  }

  private func finish<Maker: ImportMaker, Call: ImportCall>(
    _ lines: consuming ImportLines,
    _ maker: consuming Maker,
    _ call: Call,
    _ form: ImportRejects.Form
  ) async throws where Maker.Item == Call.Item {
    let usual = if case .ndjson = form { BatchRejects.defaultPath } else { "rejects.csv" }
    let rejects = ImportRejects(path: rejectsPath ?? usual, form: form)
    try lines.refuse(asRejects: rejects.path)
    let reader = ImportReader(lines, maker, count: batchSize)
    let summary = try await send(reader, call, rejects)
    show(summary)
    if summary.rejected > 0 { throw BatchRejects.exitCode }
  }

  private func show(_ summary: BatchSummary) {
    session.print(summary.text(session.format, session.style))
    if isDryRun, session.format == .table {
      session.remark("nothing was written: --dry-run")
    }
  }

  private func send<Maker: ImportMaker, Call: ImportCall>(
    _ input: consuming ImportReader<Maker>,
    _ call: Call,
    _ output: consuming ImportRejects
  ) async throws -> BatchSummary where Maker.Item == Call.Item {
    var reader = input
    var rejects = output
    var progress = ProgressBar(
      label: call.noun + "s",
      total: reader.size,
      environment: session.environment
    )
    var summary = BatchSummary(noun: call.noun, begun: .now)
    var warnings = ImportWarnings(lists: session.format != .table)
    var failure: (any Error)?
    do {
      var prepared = Result { () throws(LocalError) in try reader.next() }
      while let read = try following(prepared, summary) {
        let batch = try await session.learnZone() ? reader.remade(read) : read
        let hasAnswered = summary.hasAnswer
        async let pending = answer(to: batch.items, call, hasAnswered: hasAnswered)
        prepared = Result { () throws(LocalError) in try reader.next() }
        do {
          let results = try await pending
          report(results, batch, &warnings, &progress)
          try note(results, batch, call, &summary, &rejects)
        } catch let error as RPCError {
          throw stopped(error, summary, batch)
        }
        progress.update(bytes: batch.bytesRead, records: summary.records)
      }
    } catch {
      failure = error
    }
    // The bar is removed on every exit, so that no message is appended to it.
    progress.clear()
    // There is no summary if the server has not answered yet.
    if let failure, !summary.hasAnswer { throw failure }
    try rejects.close()
    for remark in warnings.remarks { session.remark(remark) }
    summary.details = warnings.members
    summary.finish(
      rejectsPath: rejects.path,
      rejectCount: rejects.count,
      environment: session.environment
    )
    if let failure {
      show(summary)
      throw failure
    }
    if !isDryRun, let remark = rejects.endClean() { session.remark(remark) }
    return summary
  }

  /// Returns the next batch. An error in the file gets advice on how to continue, because earlier
  /// batches were applied.
  private func following<Item>(
    _ prepared: Result<ImportBatch<Item>?, LocalError>,
    _ summary: BatchSummary
  ) throws(LocalError) -> ImportBatch<Item>? {
    do throws(LocalError) {
      return try prepared.get()
    } catch {
      guard summary.hasAnswer else { throw error }
      var error = error
      error.description +=
        "; stopped after answers to \(ValueText.plural(summary.records, summary.noun)). Correct "
        + "the "
        + "file and run the same command again; rows that were applied stay unchanged"
      throw error
    }
  }

  private func answer<Call: ImportCall>(
    to items: [Call.Item],
    _ call: Call,
    hasAnswered: Bool
  ) async throws -> [BatchItemResult] {
    if items.isEmpty { return [] }
    if !hasAnswered { try await session.reach() }
    let results = try await BatchPieces.results(of: items[...]) { items in
      try await BatchRetry.run { () async throws(RPCError) in
        try await call.results(of: Array(items), in: session)
      }
    }
    guard results.count == items.count else {
      throw RPCError(
        code: .internal,
        message: "the server returned \(results.count) results for "
          + ValueText.plural(items.count, call.noun)
      )
    }
    return results
  }

  /// Counts the warnings of a batch and, with `--verbose`, prints them.
  private func report<Item>(
    _ results: [BatchItemResult],
    _ batch: ImportBatch<Item>,
    _ warnings: inout ImportWarnings,
    _ progress: inout ProgressBar
  ) {
    var all: [ImportWarning] = []
    // Duplicates that the server reported are not reported again.
    var duplicates: Set<Int> = []
    for (result, line) in zip(results, batch.lines) {
      all += result.warnings.map { ImportWarning(row: line.number, $0) }
      if result.warnings.contains(where: { $0.reason == ImportDuplicates.reason }) {
        duplicates.insert(line.number)
      }
    }
    all += batch.warnings.filter {
      $0.reason != ImportDuplicates.reason || !duplicates.contains($0.row)
    }
    all.sort { $0.row < $1.row }
    if session.isVerbose, !all.isEmpty { progress.clear() }
    for warning in all {
      warnings.add(warning)
      if session.isVerbose { session.remark(warning.text) }
    }
  }

  private func note<Call: ImportCall>(
    _ results: [BatchItemResult],
    _ batch: ImportBatch<Call.Item>,
    _ call: Call,
    _ summary: inout BatchSummary,
    _ rejects: inout ImportRejects
  ) throws {
    var rejected = batch.rejects
    for (index, result) in results.enumerated() {
      guard let status = result.error else { continue }
      rejected.append((batch.lines[index], call.reason(RPCError(status), batch.items[index])))
    }
    summary.add(results)
    summary.rejected += batch.rejects.count
    for (line, reason) in rejected.sorted(by: { $0.line.number < $1.line.number }) {
      try rejects.add(line, reason)
      guard summary.shown.count < 5 else { continue }
      let error = RPCError(code: .invalidArgument, message: reason)
      summary.shown.append(RejectedLine(number: line.number, error: error, input: line.raw))
    }
  }

  private func stopped<Item>(
    _ error: RPCError,
    _ summary: BatchSummary,
    _ batch: ImportBatch<Item>
  ) -> RPCError {
    guard let first = batch.lines.first?.number, summary.hasAnswer else { return error }
    var error = error
    error.message +=
      "; stopped at line \(first), after answers to "
      + "\(ValueText.plural(summary.records, summary.noun)). "
      + "Run the same command again; rows that were applied stay unchanged"
    return error
  }
}
