/// The names that other programs and languages give the columns of a customer file. They are hints
/// for people: no column is imported by them.
enum ColumnSynonyms {
  /// Returns the column that a name most likely means, or nil if the name is unknown.
  static func column(_ name: String) -> CustomerColumn? { byName[key(name)] }

  /// Reduces a name to its letters and digits, in lower case.
  private static func key(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.lowercased().unicodeScalars.filter {
          $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
      )
    )
  }

  private static let byName: [String: CustomerColumn] = {
    var columns: [String: CustomerColumn] = [:]
    for (column, names) in names {
      for name in names.split(separator: " ") { columns[key(String(name))] = column }
    }
    return columns
  }()

  private static let names: [(CustomerColumn, String)] = [
    (
      .field(.externalID),
      "customerid customernumber customerno customercode customerref customerreference clientid "
        + "userid memberid shopid shopifyid shopifycustomerid kundennummer kundennr "
        + "kundenid numeroclient idcliente codicecliente codigocliente klantnummer"
    ),
    (
      .field(.email),
      "email emailaddress mail mailaddress emailadresse mailadresse adresseemail adressemail "
        + "courriel correo correoelectronico posta postaelettronica eposta epost emailadres "
        + "contactemail customeremail useremail billingemail primaryemail email1"
    ),
    (
      .field(.phoneNumber),
      "phone phoneno phonenumber telephone telephonenumber tel telno mobile mobilephone mobileno "
        + "mobilenumber cell cellphone cellnumber msisdn smsnumber smsphonenumber telefon "
        + "telefonnummer handy handynummer mobil mobilnummer mobiltelefon telefono telefone "
        + "celular movil cellulare téléphone portable telefoon telefoonnummer contactphone "
        + "customerphone billingphone primaryphone phone1 телефон"
    ),
    (
      .field(.firstName),
      "firstname givenname given forename fname vorname prenom prénom nombre nome voornaam "
        + "förnamn fornavn imię imie customerfirstname billingfirstname имя"
    ),
    (
      .field(.lastName),
      "lastname surname familyname family lname nachname familienname nom apellido apellidos "
        + "cognome sobrenome achternaam efternamn etternavn nazwisko customerlastname "
        + "billinglastname фамилия"
    ),
    (.field(.gender), "sex geschlecht sexe sexo sesso género"),
    (
      .field(.accountCreatedAt),
      "createdat registered registeredat registrationdate dateregistered userregistered signup "
        + "signupdate signedupat customersince membersince joined joindate"
    ),
    (.field(.defaultLanguage), "language lang sprache langue idioma lingua preferredlanguage"),
    (.field(.defaultCurrency), "währung waehrung devise moneda valuta preferredcurrency"),
    (
      .field(.tags),
      "tag label labels groups group segments segment customertags etiquetas étiquettes lists"
    ),
    (
      .field(.acceptsEmailMarketing),
      "acceptsmarketing acceptsemailmarketing emailoptin optinemail newsletter "
        + "newslettersubscribed emailmarketing marketingconsent"
    ),
    (
      .field(.acceptsSMSMarketing),
      "acceptssmsmarketing smsoptin optinsms smsmarketing textoptin smssubscribed"
    ),
    (
      .field(.address1),
      "address street streetaddress address1 addressline1 addressline street1 adresse adresse1 "
        + "strasse straße rue direccion dirección indirizzo endereço adres billingaddress1"
    ),
    (
      .field(.address2),
      "addressline2 street2 adresse2 adresszusatz complement apartment suite billingaddress2"
    ),
    (.field(.city), "town locality stadt ort ville ciudad città citta cidade plaats stad miasto"),
    (.field(.state), "province region county bundesland provincia estado stateregion"),
    (.field(.provinceCode), "statecode regioncode billingstatecode"),
    (
      .field(.zip),
      "zipcode postcode postalcode plz postleitzahl codepostal codigopostal cap cep "
        + "billingpostcode"
    ),
    (.field(.countryCode), "country land pays pais país paese kraj countryregion billingcountry"),
    (.field(.company), "companyname organization organisation firma entreprise empresa azienda"),
    (
      .consent(.email, .marketing, .state),
      "emailmarketingconsent emailstatus emailmarketingstatus subscriptionstatus"
    ),
    (.consent(.sms, .marketing, .state), "smsmarketingconsent smsstatus smsmarketingstatus"),
    (
      .consent(.email, .marketing, .changedAt),
      "emailmarketingconsenttimestamp emailconsentdate optintime confirmtime subscribedate"
    ),
    (.consent(.sms, .marketing, .changedAt), "smsmarketingconsenttimestamp smsconsentdate"),
  ]
}
