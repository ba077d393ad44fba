import PatronClient

enum CustomerText {
  /// Returns a table, one customer per row.
  static func table(_ customers: [Customer], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "ID"), .init(title: "EXTERNAL ID", least: 8), .init(title: "NAME", least: 10),
      .init(title: "E-MAIL", least: 14), .init(title: "MAY SEND E-MAIL", least: 8),
      .init(title: "PHONE", least: 12), .init(title: "MAY SEND SMS", least: 8),
      .init(title: "ORDERS", right: true), .init(title: "SPENT", right: true, least: 10),
      .init(title: "CREATED"),
    ])
    for customer in customers {
      table.add([
        String(customer.id), customer.externalID ?? "", ValueText.name(customer),
        customer.email ?? "", verdict(customer, .email), customer.phoneNumber ?? "",
        verdict(customer, .sms), orders(customer), spent(customer),
        ValueText.day(customer.createdAt),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Returns the verdict for marketing; empty if the customer has no address for the channel.
  private static func verdict(_ customer: Customer, _ channel: ContactChannel) -> String {
    let status = customer.channels.first { $0.channel == channel && $0.topic == .marketing }
    guard let status, !status.blockReasons.contains(.noAddress) else { return "" }
    return ChannelText.verdict(status)
  }

  private static func orders(_ customer: Customer) -> String {
    let count = customer.orderStats.reduce(0) { $0 + $1.orderCount }
    return count == 0 ? "" : ValueText.count(count)
  }

  private static func spent(_ customer: Customer) -> String {
    customer.orderStats.map { ValueText.money($0.totalSpent, $0.currencyCode) }
      .joined(separator: ", ")
  }

  /// Returns all fields of one customer, one per line.
  static func card(_ response: GetCustomerResponse, width: Int, style: Style) -> String {
    guard let customer = response.customer else { return "no customer\n" }
    var lines = fields(customer)
    lines += customer.orderStats.map { ("orders", OrderText.summary($0)) }
    lines += summaries(customer)
    let channels = response.channels.isEmpty ? [] : response.channels.map(ChannelText.line)
    lines += channels
    if channels.isEmpty { lines += customer.subscriptions.map(ChannelText.line) }
    for (name, value) in customer.customProperties.sorted(by: { $0.key < $1.key }) {
      lines.append(("property \(name)", ValueText.property(value)))
    }
    lines += setters(response.provenance)
    return card(lines, width: width, style: style)
  }

  /// Returns the summaries of reviews and loyalty that the customer has.
  static func summaries(_ customer: Customer) -> [(label: String, value: String)] {
    var lines: [(label: String, value: String)] = []
    if let reviews = customer.reviews { lines.append(("reviews", summary(reviews))) }
    if let loyalty = customer.loyalty { lines.append(("loyalty", summary(loyalty))) }
    return lines
  }

  /// Formats a summary: `3 reviews, average 4.5, shop average 5.0, last 2024-05-28 with 4 stars`.
  private static func summary(_ reviews: ReviewSummary) -> String {
    var parts = [ValueText.plural(reviews.totalReviews, "review")]
    // Ratings are 1 to 5; 0 stands for no rating.
    if reviews.averageProductRating > 0 {
      parts.append("average \(ValueText.tenths(reviews.averageProductRating))")
    }
    if reviews.averageSiteRating > 0 {
      parts.append("shop average \(ValueText.tenths(reviews.averageSiteRating))")
    }
    let stars =
      reviews.lastStarRating > 0
      ? "with \(ValueText.plural(Int(reviews.lastStarRating), "star"))" : ""
    let last = [ValueText.day(reviews.lastReviewAt), stars].filter { !$0.isEmpty }
    if !last.isEmpty { parts.append("last \(last.joined(separator: " "))") }
    return parts.joined(separator: ", ")
  }

  /// Formats a summary: `member since 2024-05-28, 1,200 points, tier gold`.
  private static func summary(_ loyalty: LoyaltySummary) -> String {
    let joined = ValueText.day(loyalty.joinedAt)
    let member = joined.isEmpty ? "member" : "member since \(joined)"
    var parts = [
      loyalty.member ? member : "no longer a member",
      ValueText.plural(loyalty.pointsBalance, "point"),
    ]
    if !loyalty.tier.isEmpty { parts.append("tier \(loyalty.tier)") }
    return parts.joined(separator: ", ")
  }

  /// Returns the provenance of fields, newest first. Fields that were set together share a line.
  private static func setters(
    _ provenance: [FieldProvenance]
  ) -> [(label: String, value: String)] {
    var groups: [(first: FieldProvenance, fields: [String])] = []
    for entry in provenance {
      let place = groups.firstIndex {
        $0.first.setBy == entry.setBy && $0.first.setAt == entry.setAt
          && $0.first.eventID == entry.eventID && $0.first.author == entry.author
      }
      if let place {
        groups[place].fields.append(entry.field)
      } else {
        groups.append((entry, [entry.field]))
      }
    }
    func time(_ entry: FieldProvenance) -> (Int64, Int32) {
      (entry.setAt?.seconds ?? 0, entry.setAt?.nanos ?? 0)
    }
    return groups.sorted { time($0.first) > time($1.first) }.map { group in
      let event = group.first.eventID
      let author = ValueText.author(group.first.author)
      let parts = [
        ValueText.minute(group.first.setAt), event == 0 ? "" : "event \(event)",
        author.isEmpty ? "" : "by \(author)", group.fields.joined(separator: ", "),
      ]
      return (
        "set by \(group.first.setBy)", parts.filter { !$0.isEmpty }.joined(separator: "  ")
      )
    }
  }

  /// Returns lines with labels on the left and values beside them, cut to `width`.
  static func card(_ lines: [(label: String, value: String)], width: Int, style: Style) -> String {
    let lines = lines.filter { !$0.value.isEmpty }
    let label = min(lines.map { TextWidth.columns($0.label) }.max() ?? 0, max(40, width / 3))
    return lines.map { line in
      let value = TextWidth.cut(SafeText.line(line.value), to: max(20, width - label - 2))
      return style.dim(TextWidth.fit(SafeText.line(line.label), to: label)) + "  " + value + "\n"
    }.joined()
  }

  private static func fields(_ customer: Customer) -> [(label: String, value: String)] {
    var lines: [(label: String, value: String)] = [("id", String(customer.id))]
    lines += CustomerProperty.all.compactMap { $0.line?(customer) }
    lines += [
      ("address", customer.address.map(address) ?? ""),
      ("shop says SMS", flag(customer.acceptsSMSMarketing)),
      ("shop says e-mail", flag(customer.acceptsEmailMarketing)),
      ("created", ValueText.minute(customer.createdAt)),
      ("updated", ValueText.minute(customer.updatedAt)),
    ]
    if customer.origin != .unspecified {
      lines.append(("origin", ValueText.enumeration(customer.origin)))
    }
    return lines
  }

  private static func flag(_ value: Bool?) -> String { value.map { $0 ? "yes" : "no" } ?? "" }

  private static func address(_ address: Address) -> String {
    let state = address.provinceCode.isEmpty ? address.state : address.provinceCode
    return [
      address.company, address.address1, address.address2,
      [address.zip, address.city].filter { !$0.isEmpty }.joined(separator: " "), state,
      address.countryCode, address.phoneNumber,
    ].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  // MARK: writes

  /// Describes the result of an upsert.
  static func upsert(_ response: UpsertCustomerResponse, dryRun: Bool, width: Int, style: Style)
    -> String
  {
    var text = outcome(response.outcome, style)
    if dryRun { text = "would be " + text }
    if let id = response.customer?.id, id != 0 { text += "  customer \(id)" }
    let changed = response.changedFields.joined(separator: ", ")
    if !changed.isEmpty { text += "  " + style.dim("changed: " + SafeText.line(changed)) }
    return text + "\n" + warnings(response.warnings, style)
  }

  static func outcome(_ outcome: Outcome, _ style: Style) -> String {
    let word = ValueText.enumeration(outcome)
    switch outcome {
    case .created: return style.green(word)
    case .updated, .merged: return style.yellow(word)
    default: return style.dim(word)
    }
  }

  /// Number of warnings shown.
  private static let maxWarnings = 50

  static func warnings(_ warnings: [Warning], _ style: Style) -> String {
    var text = warnings.prefix(maxWarnings).map { warning in
      let field = warning.field.isEmpty ? "" : ErrorText.sentence(warning.field) + ": "
      let given = warning.given.isEmpty ? "" : " Given was: \(SafeText.line(warning.given))"
      let message = ErrorText.sentence(warning.message)
      let reason = style.dim("(\(ErrorText.reason(warning.reason)))")
      return style.yellow("warning:") + " \(field)\(message)\(given) \(reason)\n"
    }.joined()
    if warnings.count > maxWarnings {
      text += "and \(ValueText.plural(warnings.count - maxWarnings, "more warning"))\n"
    }
    return text
  }
}
