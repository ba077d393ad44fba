/// A page of metrics in Prometheus' text format, version 0.0.4.
struct MetricText {
  private(set) var text = ""

  /// The type of a family of samples.
  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  /// The labels of a sample. Values come from the program, never from clients.
  typealias Labels = KeyValuePairs<String, String>

  /// Begins a family. Its samples follow.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a gauge with a single sample.
  mutating func gauge(_ name: String, _ help: String, _ value: some MetricValue) {
    begin(name, .gauge, help)
    add(name, [:], value)
  }

  /// Adds a counter with a single sample.
  mutating func counter(_ name: String, _ help: String, _ value: some MetricValue) {
    begin(name, .counter, help)
    add(name, [:], value)
  }

  /// Adds a sample of the family that was begun.
  mutating func add(_ name: String, _ labels: Labels = [:], _ value: some MetricValue) {
    text += name
    append(labels, le: nil)
    text += " \(value.metricText)\n"
  }

  /// Adds a histogram to the family that was begun. `counts` has the values of each bucket alone,
  /// and one number more than `bounds` for those above all.
  mutating func add(
    _ name: String,
    _ labels: Labels = [:],
    bounds: [Double],
    counts: some Collection<UInt64>,
    sum: Double
  ) {
    var total: UInt64 = 0
    for (index, count) in counts.enumerated() {
      total &+= count
      text += name + "_bucket"
      append(labels, le: index < bounds.count ? bounds[index].metricText : "+Inf")
      text += " \(total)\n"
    }
    text += name + "_sum"
    append(labels, le: nil)
    text += " \(sum.metricText)\n" + name + "_count"
    append(labels, le: nil)
    text += " \(total)\n"
  }

  private mutating func append(_ labels: Labels, le bound: String?) {
    if labels.isEmpty, bound == nil { return }
    var separator = "{"
    for (key, value) in labels {
      text += "\(separator)\(key)=\"\(Self.escaped(value))\""
      separator = ","
    }
    if let bound { text += "\(separator)le=\"\(bound)\"" }
    text += "}"
  }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else {
      return value
    }
    var text = ""
    for character in value {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text
  }
}

/// A number as a sample has it.
protocol MetricValue {
  var metricText: String { get }
}

extension Int: MetricValue {
  var metricText: String { "\(self)" }
}

extension Int64: MetricValue {
  var metricText: String { "\(self)" }
}

extension UInt64: MetricValue {
  var metricText: String { "\(self)" }
}

extension Bool: MetricValue {
  var metricText: String { self ? "1" : "0" }
}

extension Double: MetricValue {
  /// The shortest form that reads back as the same number, without a fraction of zero.
  var metricText: String {
    if let whole = Int(exactly: self) { return "\(whole)" }
    return "\(self)"
  }
}
