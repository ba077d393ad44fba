import ArgumentParser
import PatronClient

/// Line items as users type them: a name, then further values separated by commas, as in `Blue
/// mug,qty=2,sku=MUG-B,variant=v1`.
enum ItemArgument {
  /// Splits `text` at commas into values for `keys`. The text before the first key is the name,
  /// which may contain commas.
  private static func parts(
    _ text: String,
    keys: [String]
  ) throws -> (name: String, values: [String: String]) {
    let segments = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    func pair(_ segment: String) -> (key: String, value: String)? {
      guard let equals = segment.firstIndex(of: "=") else { return nil }
      let key = segment[..<equals].trimmingSpace()
      return keys.contains(key) ? (key, String(segment[segment.index(after: equals)...])) : nil
    }
    // An unknown key is not part of the name: a misspelt key must be reported.
    let start = segments.dropFirst().firstIndex { isPair($0) } ?? segments.endIndex
    let first = segments.first.map { pair($0) != nil } == true ? 0 : start
    var values: [String: String] = [:]
    for segment in segments[first...] {
      guard let (key, value) = pair(segment) else {
        throw ValidationError(
          "`\(segment)` is not a part of `\(text)`; expected "
            + "\(keys.map { "\($0)=" }.joined(separator: ", ")) after the commas."
        )
      }
      guard values.updateValue(value, forKey: key) == nil else {
        throw ValidationError("\(key)= is given twice.")
      }
    }
    return (segments[..<first].joined(separator: ",").trimmingSpace(), values)
  }

  /// Returns true for `word=...`.
  private static func isPair(_ segment: String) -> Bool {
    guard let equals = segment.firstIndex(of: "=") else { return false }
    let key = segment[..<equals].trimmingSpace()
    return !key.isEmpty && key.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_") }
  }

  private static func quantity(_ text: String?) throws -> Int32? {
    guard let text else { return nil }
    guard let quantity = Int32(text[...].trimmingSpace()), quantity > 0 else {
      throw ValidationError("qty=\(text) is not a quantity; expected a whole number from 1.")
    }
    return quantity
  }

  /// The keys of an order's `--item`.
  static let lineKeys = ["qty", "sku", "variant", "product", "id", "total", "coupon", "url"]

  /// Parses one line item of an order. `quantity` is the default for text without one.
  static func line(_ text: String, quantity: Int32?, currency: String?) throws -> LineItem {
    let (name, values) = try parts(text, keys: lineKeys)
    guard !name.isEmpty || values["product"] != nil || values["sku"] != nil else {
      throw ValidationError("`\(text)` has no name; expected a name first, as in 'Blue mug,qty=2'.")
    }
    let pieces = try Self.quantity(values["qty"]) ?? quantity ?? 1
    let total = try values["total"].map {
      try MoneyArgument.money($0, currency: currency, flag: "--item total=")
    }
    return .with {
      $0.name = name
      $0.quantity = pieces
      $0.sku = values["sku"] ?? ""
      $0.variantID = values["variant"] ?? ""
      $0.productID = values["product"] ?? ""
      $0.externalID = values["id"] ?? ""
      $0.couponCode = values["coupon"] ?? ""
      $0.url = values["url"] ?? ""
      $0.total = total
    }
  }

  /// Parses one item of a shipment: `p1=2`, or `product=p1,variant=v1,line=l1,qty=2`.
  static func fulfilled(_ text: String) throws -> FulfilledItem {
    let (rest, values) = try parts(text, keys: ["qty", "product", "variant", "line"])
    if rest.isEmpty, !values.isEmpty {
      let pieces = try quantity(values["qty"]) ?? 1
      return .with {
        $0.productID = values["product"] ?? ""
        $0.variantID = values["variant"] ?? ""
        $0.lineItemID = values["line"] ?? ""
        $0.quantity = pieces
      }
    }
    guard values.isEmpty, let equals = rest.lastIndex(of: "="),
      let count = Int32(rest[rest.index(after: equals)...])
    else {
      throw ValidationError(
        "Expected product=count, as in p1=2, or product=p1,variant=v1,line=l1,qty=2."
      )
    }
    return .with {
      $0.productID = String(rest[..<equals])
      $0.quantity = count
    }
  }
}
