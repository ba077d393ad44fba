/// The conversion of one part of a field mask to lower camel case and back.
enum JSONMaskPath {
  /// Returns the lower camel case of a path, `defaultAddress.zip` for `default_address.zip`, or nil
  /// if reading it back would give another path.
  static func camel(_ path: String) -> String? {
    var result = ""
    var upper = false
    for scalar in path.unicodeScalars {
      if scalar == "_" {
        if upper { return nil }
        upper = true
      } else if upper {
        guard ("a"..."z").contains(scalar) else { return nil }
        result += scalar.properties.uppercaseMapping
        upper = false
      } else {
        if ("A"..."Z").contains(scalar) { return nil }
        result.unicodeScalars.append(scalar)
      }
    }
    return upper ? nil : result
  }

  /// Returns the snake case of a path, the inverse of ``camel(_:)``, or nil if it has an
  /// underscore.
  static func snake(_ path: some StringProtocol) -> String? {
    var result = ""
    for scalar in path.unicodeScalars {
      if scalar == "_" { return nil }
      if ("A"..."Z").contains(scalar) {
        result += "_" + scalar.properties.lowercaseMapping
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
