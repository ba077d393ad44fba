import Foundation
import Logging
import PatronStore
import Synchronization
import Testing

@testable import PatronServer

/// Tests of the log between its events and its reader.
struct LogWriterTests {
  /// A reader that takes lines only while it is open.
  private final class Reader: Sendable {
    private let state: Monitor<(lines: [String], isOpen: Bool, isGone: Bool, waits: Int)>

    init(isOpen: Bool) { state = Monitor((lines: [], isOpen: isOpen, isGone: false, waits: 0)) }

    var lines: [String] { state.withLock { $0.lines } }

    func open() { state.update { $0.isOpen = true } }
    func leave() { state.update { $0.isGone = true } }

    @Sendable
    func put(_ line: [UInt8]) -> Bool {
      state.update { $0.waits += 1 }
      return state.wait { state -> Bool? in
        guard state.isOpen else { return nil }
        if !state.isGone { state.lines.append(String(decoding: line, as: UTF8.self)) }
        return !state.isGone
      } ?? false
    }

    /// Waits until a line is offered.
    func waitForLine() { _ = state.wait { $0.waits > 0 ? true : nil } }
  }

  private static func writer(_ reader: Reader, maxBytes: Int) -> LogWriter {
    LogWriter(maxBytes: maxBytes, report: { Array("dropped \($0)\n".utf8) }, put: reader.put)
  }

  @Test func linesComeInOrderAndOnceEach() {
    let reader = Reader(isOpen: true)
    let writer = Self.writer(reader, maxBytes: 1 << 20)
    let expected = (0..<1000).map { "line \($0)\n" }
    for line in expected { writer.write(Array(line.utf8)) }
    writer.close(within: .seconds(60))
    #expect(reader.lines == expected && writer.droppedLines == 0)
  }

  @Test func aBlockedReaderHoldsNobodyUpAndLearnsWhatItMissed() {
    let reader = Reader(isOpen: false)
    let writer = Self.writer(reader, maxBytes: 100)
    writer.write(Array("first 890\n".utf8))
    reader.waitForLine()
    for number in 0..<50 { writer.write(Array("line \(100 + number)\n".utf8)) }
    // Nine bytes a line; the first has ten, and counts until it is taken.
    #expect(writer.droppedLines == 40)
    reader.open()
    writer.close(within: .seconds(60))
    let kept = (0..<10).map { "line \(100 + $0)\n" }
    #expect(reader.lines == ["first 890\n"] + kept + ["dropped 40\n"])
    writer.write(Array("late\n".utf8))
    #expect(writer.droppedLines == 41 && reader.lines.count == 12)
  }

  @Test func theEndDoesNotWaitForAReaderThatTakesNothing() {
    let reader = Reader(isOpen: false)
    let writer = Self.writer(reader, maxBytes: 100)
    writer.write(Array("line\n".utf8))
    writer.close(within: .milliseconds(1))
    #expect(reader.lines.isEmpty)
    reader.open()
  }

  @Test func linesWithoutAReaderAreCounted() {
    let reader = Reader(isOpen: true)
    reader.leave()
    let writer = Self.writer(reader, maxBytes: 1000)
    for _ in 0..<5 { writer.write(Array("line\n".utf8)) }
    writer.close(within: .seconds(60))
    #expect(writer.droppedLines == 5 && reader.lines.isEmpty)
  }

  @Test func aLogHasALoggerForEachComponent() throws {
    let reader = Reader(isOpen: true)
    let log = ServerLog(
      try LogLevels("warning,store=debug"),
      .json,
      clock: WallClock { 0 },
      put: reader.put
    )
    log[.store].debug("one", metadata: ["count": .stringConvertible(2)])
    log[.store].trace("no")
    log[.calls].info("no")
    log[.calls].error("two")
    log.close(within: .seconds(60))
    #expect(
      reader.lines == [
        #"{"ts":"1970-01-01T00:00:00.000Z","level":"debug","component":"store","msg":"one","#
          + #""count":2}"# + "\n",
        #"{"ts":"1970-01-01T00:00:00.000Z","level":"error","component":"calls","msg":"two"}"#
          + "\n",
      ]
    )
    #expect(log.droppedLines == 0)
  }

  @Test func droppedLinesAreReportedInTheFormOfTheLog() throws {
    let reader = Reader(isOpen: false)
    let log = ServerLog(LogLevels(), .json, clock: WallClock { 0 }, maxBytes: 10, put: reader.put)
    for _ in 0..<3 { log[.server].info("a line that is longer than ten bytes") }
    reader.open()
    log.close(within: .seconds(60))
    // The reader may have been told of the first ones before the others were dropped.
    var reported = 0
    for line in reader.lines {
      #expect(line.contains(#""level":"warning","component":"server""#), "\(line)")
      reported += Int(line.split(separator: "\"count\":").last?.dropLast(2) ?? "") ?? 0
    }
    #expect(reported == 3 && log.droppedLines == 3, "\(reader.lines)")
  }
}
