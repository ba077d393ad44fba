/// Punycode (RFC 3492): Unicode text in ASCII letters, digits and hyphens.
enum Punycode {
  private static let base = 36
  private static let tMin = 1
  private static let tMax = 26
  private static let initialBias = 72
  private static let initialN = 128
  private static let delimiter = UInt8(ascii: "-")

  /// Returns the label of `text` without `xn--`, or nil on overflow, which only absurd lengths
  /// cause.
  static func encode(_ text: some Collection<Unicode.Scalar>) -> String? {
    var output = text.filter(\.isASCII).map { UInt8($0.value) }
    let basic = output.count
    var handled = basic
    if basic > 0 { output.append(delimiter) }
    var n = initialN
    var delta = 0
    var bias = initialBias
    while handled < text.count {
      guard let next = text.lazy.map({ Int($0.value) }).filter({ $0 >= n }).min() else {
        return nil
      }
      let (step, overflow) = (next - n).multipliedReportingOverflow(by: handled + 1)
      guard !overflow, delta <= Int(Int32.max), step <= Int(Int32.max) else { return nil }
      delta += step
      n = next
      for scalar in text {
        if scalar.value < n { delta += 1 }
        guard scalar.value == n else { continue }
        appendNumber(delta, bias: bias, to: &output)
        bias = adapt(delta, points: handled + 1, isFirst: handled == basic)
        delta = 0
        handled += 1
      }
      delta += 1
      n += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Returns the text of a label without `xn--`, or nil if it is not valid Punycode.
  static func decode(_ label: some BidirectionalCollection<UInt8>) -> [Unicode.Scalar]? {
    var output: [Unicode.Scalar] = []
    var input = label[...]
    if let hyphen = label.lastIndex(of: delimiter) {
      guard label[..<hyphen].allSatisfy({ $0 < 0x80 }) else { return nil }
      output = label[..<hyphen].map { Unicode.Scalar($0) }
      input = label[label.index(after: hyphen)...]
    }
    var n = initialN
    var position = 0
    var bias = initialBias
    var isFirst = true
    while !input.isEmpty {
      guard let step = takeNumber(from: &input, bias: bias) else { return nil }
      let points = output.count + 1
      let total = position + step
      bias = adapt(step, points: points, isFirst: isFirst)
      isFirst = false
      n += total / points
      position = total % points
      guard n <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(n)) else { return nil }
      output.insert(scalar, at: position)
      position += 1
    }
    return output
  }

  /// Appends a generalized variable-length integer.
  private static func appendNumber(_ number: Int, bias: Int, to output: inout [UInt8]) {
    var rest = number
    var k = base
    while true {
      let t = threshold(k, bias: bias)
      if rest < t { break }
      output.append(letter(t + (rest - t) % (base - t)))
      rest = (rest - t) / (base - t)
      k += base
    }
    output.append(letter(rest))
  }

  /// Takes a generalized variable-length integer. Returns nil if it is incomplete or overflows.
  private static func takeNumber<Bytes: Collection<UInt8>>(
    from input: inout Bytes,
    bias: Int
  ) -> Int? where Bytes.SubSequence == Bytes {
    var number = 0
    var weight = 1
    var k = base
    while let byte = input.popFirst() {
      guard let digit = digit(byte), weight <= Int(Int32.max) else { return nil }
      number += digit * weight
      guard number <= Int(Int32.max) else { return nil }
      let t = threshold(k, bias: bias)
      if digit < t { return number }
      weight *= base - t
      k += base
    }
    return nil
  }

  private static func threshold(_ k: Int, bias: Int) -> Int {
    min(max(k - bias, tMin), tMax)
  }

  private static func adapt(_ delta: Int, points: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / points
    var k = 0
    while delta > (base - tMin) * tMax / 2 {
      delta /= base - tMin
      k += base
    }
    return k + (base - tMin + 1) * delta / (delta + 38)
  }

  private static func letter(_ digit: Int) -> UInt8 {
    UInt8(digit < 26 ? digit + 0x61 : digit - 26 + 0x30)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 0x61
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 0x41
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 0x30 + 26
    default: nil
    }
  }
}
