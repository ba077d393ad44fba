/// The C names of protoc-gen-c 1.4.
enum CNames {
  /// `patron.v1.Customer` becomes the struct `Patron__V1__Customer`.
  static func type(_ fullName: String) -> String {
    fullName.split(separator: ".").map(camel).joined(separator: "__")
  }

  /// `patron.v1.GetCustomerRequest` becomes the prefix `patron__v1__get_customer_request`.
  static func prefix(_ fullName: String) -> String {
    fullName.split(separator: ".").map(lower).joined(separator: "__")
  }

  /// The name of a struct member, as Swift code writes it after a dot.
  static func member(_ name: String) -> String {
    let lowered = name.lowercased()
    if cppKeywords.contains(lowered) { return lowered + "_" }
    return lowered == "self" || lowered == "init" ? "`\(lowered)`" : lowered
  }

  /// The name of the member that counts the elements of a repeated field.
  static func count(_ name: String) -> String {
    let lowered = name.lowercased()
    return "n_" + (cppKeywords.contains(lowered) ? lowered + "_" : lowered)
  }

  /// The header for a proto file.
  static func header(_ protoFile: String) -> String {
    (protoFile.hasSuffix(".proto") ? String(protoFile.dropLast(6)) : protoFile) + ".pb-c.h"
  }

  /// The accessor in our header for a message's descriptor.
  static func descriptorAccessor(_ fullName: String) -> String {
    "\(prefix(fullName))__descriptor_address"
  }

  private static func camel(_ piece: Substring) -> String {
    piece.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func lower(_ piece: Substring) -> String {
    var result = ""
    var wasUpper = true
    for character in piece {
      let isUpper = character.isUppercase
      if isUpper && !wasUpper { result += "_" }
      result += character.lowercased()
      wasUpper = isUpper
    }
    return result
  }

  private static let cppKeywords: Set<String> = Set(
    """
    and and_eq asm auto bitand bitor bool break case catch char class compl const const_cast \
    continue default delete do double dynamic_cast else enum explicit extern false float for \
    friend goto if inline int long mutable namespace new not not_eq operator or or_eq private \
    protected public register reinterpret_cast return short signed sizeof static static_cast \
    struct switch template this throw true try typedef typeid typename union unsigned using \
    virtual void volatile wchar_t while xor xor_eq
    """.split(separator: " ").map(String.init)
  )
}
