import ArgumentParser

/// The verbs for consent and suppression.
struct ConsentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent",
    abstract: "Show and change what customers agreed to.",
    discussion: """
      Consent is given and withdrawn for a channel (sms, email) and a topic. A suppression forbids \
      messages to an address whatever its owner agreed to. A customer's own opt-out (--by \
      customer) is undone by a newer consent of the customer's only.
      """,
    subcommands: [
      ConsentShow.self, ConsentSubscribe.self, ConsentConfirm.self, ConsentUnsubscribe.self,
      ConsentSuppress.self, ConsentUnsuppress.self, ConsentSuppressions.self,
      ConsentHistory.self,
    ]
  )
}
