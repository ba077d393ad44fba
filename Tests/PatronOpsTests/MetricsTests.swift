import Foundation
import PatronOps
import PatronStore
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// The page of metrics, and the files that use its names.
@Suite(.timeLimit(.minutes(15))) struct MetricsTests {
  /// Returns the page after some calls.
  private static func page(calls: Int = 3) async throws -> String {
    let fixture = try await OpsFixture()
    fixture.serve()
    _ = try await fixture.backUp()
    let client = fixture.server.makeClient()
    for _ in 0..<calls { _ = try await client.unary(OpsFixture.echo, [1], CallOptions()) }
    let answer = try await fixture.get("/metrics")
    #expect(answer.head.contains("content-type: text/plain; version=0.0.4"))
    await client.close()
    await fixture.end()
    return answer.body
  }

  @Test func thePageKeepsTheFormat() async throws {
    let metrics = try ParsedMetrics(await Self.page())
    #expect(metrics.values("patron_rpc_total", ["method": "Echo", "code": "OK"]) == [3])
    #expect(metrics.values("patron_rpc_duration_seconds_count", ["method": "Echo"]) == [3])
    #expect(metrics.values("patron_connections", ["transport": "unix"]) == [1])
    #expect(metrics.values("patron_ready") == [1])
    #expect(metrics.values("patron_loops") == [2])
    #expect(metrics.values("patron_loops_silent") == [0])
    #expect(metrics.values("patron_build_info", ["version": "1.2.3"]) == [1])
    #expect(metrics.values("patron_rpc_refused_total").count == RefusedLimit.allCases.count)
    #expect(metrics.types["patron_commit_seconds"] == "histogram")
    let size = metrics.values("patron_database_bytes").first ?? 0
    #expect(size > 0)
  }

  @Test func aServerThatStartsHasMetricsOfTheProcess() async throws {
    let fixture = try await OpsFixture()
    let metrics = try ParsedMetrics(await fixture.get("/metrics").body)
    #expect(metrics.values("patron_ready") == [0])
    #expect(metrics.values("process_start_time_seconds") == [1_700_000_000])
    #expect(metrics.types["patron_rpc_total"] == nil)
    await fixture.end()
  }

  @Test func theLastBackupHasATime() async throws {
    let fixture = try await OpsFixture()
    fixture.serve()
    let name = "patron_backup_last_success_timestamp_seconds"
    let before = try ParsedMetrics(await fixture.get("/metrics").body)
    #expect(before.types[name] == nil, "none was made since the start")
    let backup = try await fixture.backUp()
    let after = try ParsedMetrics(await fixture.get("/metrics").body)
    #expect(after.values(name) == [Double(backup.finishedAt / 1_000_000)])
    #expect(after.values("patron_log_dropped_lines_total") == [7])
    await fixture.end()
  }

  @Test func theFormatIsReadStrictly() {
    let wrong = [
      "patron_a 1\n", "# HELP a A.\n# TYPE a gauge\na 1\na 1\n", "# HELP a A.\n# TYPE a gauge\na 1",
      "# HELP a A.\n# TYPE a counter\na 1\n", "# HELP a A.\n# TYPE a gauge\nb 1\n",
      "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 1\n",
    ]
    for text in wrong {
      #expect(throws: ParsedMetrics.Problem.self) { try ParsedMetrics(text) }
    }
  }

  /// Names in a file that begin like metrics, without the suffixes of histograms.
  private static func names(in file: String) throws -> Set<String> {
    let text = try String(contentsOfFile: RepositoryRoot.file(file), encoding: .utf8)
    var names: Set<String> = []
    for match in text.matches(of: /\b(patron|process)_[a-z_]+/) {
      var name = String(match.output.0)
      for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
        name.removeLast(suffix.count)
      }
      names.insert(name)
    }
    return names
  }

  @Test(
    "Files name metrics that exist",
    arguments: [
      "ops/grafana.json", "ops/alerts.yml", "docs/metrics.md",
    ]
  )
  func filesNameMetricsThatExist(file: String) async throws {
    let metrics = try ParsedMetrics(await Self.page(calls: 1))
    let names = try Self.names(in: file)
    #expect(names.count > 5)
    for name in names.sorted() { #expect(metrics.types[name] != nil, "\(file): \(name)") }
  }

  @Test func everyMetricIsExplained() async throws {
    let metrics = try ParsedMetrics(await Self.page(calls: 1))
    let names = try Self.names(in: "docs/metrics.md")
    for name in metrics.types.keys.sorted() { #expect(names.contains(name), "\(name)") }
  }

  @Test(.enabled(if: Tool.find("promtool") != nil, "promtool is not installed"))
  func promtoolAcceptsThePageAndTheRules() async throws {
    let tool = try #require(Tool.find("promtool"))
    let page = try Tool.run(tool, ["check", "metrics"], input: Array(await Self.page().utf8))
    #expect(page.status == 0, "\(page.errors)")
    let rules = try Tool.run(tool, ["check", "rules", RepositoryRoot.file("ops/alerts.yml")])
    #expect(rules.status == 0, "\(rules.errors)")
  }
}
