/// A page of metrics, read strictly by the rules of the text format 0.0.4. Throws at the first line
/// that breaks one.
struct ParsedMetrics {
  struct Sample {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var types: [String: String] = [:]
  private(set) var samples: [Sample] = []
  /// The family whose samples follow, and those that are over.
  private var family = ""
  private var helped: Set<String> = []
  private var seen: Set<String> = []

  init(_ text: String) throws(Problem) {
    guard text.hasSuffix("\n") else { throw Problem(description: "the last line has no end") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("# HELP ") {
        try help(line.dropFirst(7))
      } else if line.hasPrefix("# TYPE ") {
        try type(line.dropFirst(7))
      } else {
        try sample(line)
      }
    }
    try checkHistograms()
  }

  /// The values of the samples with a name and at least these labels.
  func values(_ name: String, _ labels: [String: String] = [:]) -> [Double] {
    samples.filter { sample in
      sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }.map(\.value)
  }

  private mutating func help(_ rest: Substring) throws(Problem) {
    let words = rest.split(separator: " ", maxSplits: 1)
    guard words.count == 2, Self.isName(words[0]), helped.insert(String(words[0])).inserted else {
      throw Problem(description: "HELP \(rest)")
    }
    family = String(words[0])
  }

  private mutating func type(_ rest: Substring) throws(Problem) {
    let words = rest.split(separator: " ")
    guard words.count == 2, words[0] == family, types[family] == nil,
      ["counter", "gauge", "histogram"].contains(words[1])
    else { throw Problem(description: "TYPE \(rest)") }
    types[family] = String(words[1])
  }

  private mutating func sample(_ line: Substring) throws(Problem) {
    let problem = Problem(description: "sample \(line)")
    guard let space = line.lastIndex(of: " "), let type = types[family],
      let value = Double(line[line.index(after: space)...].replacing("+Inf", with: "inf"))
    else { throw problem }
    let head = line[..<space]
    guard seen.insert(String(head)).inserted else { throw problem }
    let name = head.prefix { $0 != "{" }
    let names =
      type == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
    guard Self.isName(name), names.contains(String(name)) else { throw problem }
    guard type == "gauge" || value >= 0 else { throw problem }
    if type == "counter", !name.hasSuffix("_total") { throw problem }
    samples.append(
      Sample(name: String(name), labels: try Self.labels(head[name.endIndex...]), value: value)
    )
  }

  private static func labels(_ text: Substring) throws(Problem) -> [String: String] {
    if text.isEmpty { return [:] }
    guard text.hasPrefix("{"), text.hasSuffix("}") else {
      throw Problem(description: "labels \(text)")
    }
    var labels: [String: String] = [:]
    for pair in text.dropFirst().dropLast().split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, isName(parts[0]), parts[1].count >= 2, parts[1].hasPrefix("\""),
        parts[1].hasSuffix("\""), labels[String(parts[0])] == nil
      else { throw Problem(description: "label \(pair)") }
      labels[String(parts[0])] = String(parts[1].dropFirst().dropLast())
    }
    return labels
  }

  /// Checks that the buckets of each histogram grow, and end with the count.
  private func checkHistograms() throws(Problem) {
    for name in types.filter({ $0.value == "histogram" }).keys {
      let counts = samples.filter { $0.name == name + "_count" }
      for count in counts {
        let buckets = samples.filter { sample in
          sample.name == name + "_bucket" && sample.labels.filter { $0.key != "le" } == count.labels
        }
        let values = buckets.map(\.value)
        guard values == values.sorted(), values.last == count.value,
          buckets.last?.labels["le"] == "+Inf", !values.isEmpty
        else { throw Problem(description: "buckets of \(name)") }
      }
    }
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.enumerated().allSatisfy { index, byte in
        (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f
          || (index > 0 && (0x30...0x39).contains(byte))
      }
  }
}
