/// The words of one language by which people opt out of messages, opt in again and ask for help.
///
/// The English words are those of the CTIA's Messaging Principles and Short Code Monitoring
/// Handbook, of the FCC's rules on revoking consent (47 CFR 64.1200(a)(10)), and of the lists that
/// Twilio, AWS, Telnyx and Braze publish for their numbers. Words of other languages are those that
/// carriers and regulators prescribe there (`ARRET` in Canada, `STOP` in France, `BAJA` and `ALTA`
/// in Spain, `SAIR` in Brazil, `UNREG` in Indonesia, `RET` in Türkiye, `TC` and `HUY` in Viet Nam,
/// `TD` and `T` in China, `הסר` in Israel), and the imperatives and nouns that messages mention.
/// Some are included in the form in which people split them, with a hyphen or a space: `un
/// subscribe`. Each such form is listed separately, because `des inscriptions` and `ab Bestellwert`
/// are not opt-outs.
///
/// Words are separated by commas, in any case and with accents; `*` stands for any ending. Words
/// with another meaning in the language of another shop, such as the Turkish `red` and the Italian
/// `fine`, are excluded.
struct KeywordTable: Sendable {
  /// The language, an ISO 639-1 code.
  let language: String
  /// Words that opt out as the beginning of a text, or as the whole text.
  let stop: String
  /// Words that opt out as the whole text. Elsewhere they may be about something else, such as an
  /// order.
  var whole = ""
  /// Words that opt out as the whole text, and may opt out at its beginning. Elsewhere they mean
  /// nothing.
  var common = ""
  /// Words that opt out as the whole text. They mean nothing elsewhere, or repeated (`T_T`).
  var only = ""
  /// Words that opt in again, as the whole text.
  var start = ""
  /// Words that ask for help, as the whole text.
  var help = ""

  /// Prefixes of words that may opt out, such as `stopping`.
  static let near = "stop, стоп"

  /// Signs that may opt out if they stand alone, without a word.
  private static let signs: Set<Unicode.Scalar> = ["🛑", "🚫", "⛔", "🔕", "📵"]

  /// Returns true if a text has a sign that may opt out.
  static func hasSign(_ text: String) -> Bool {
    text.unicodeScalars.contains { signs.contains($0) }
  }

  /// Polite words around a keyword, which are ignored.
  static let polite = """
    please, pls, plz, thanks, thank you, thx, ty, now, sir, por favor, gracias, bitte, danke, \
    svp, s il vous plait, s il te plait, merci, per favore, grazie, obrigado, obrigada, tack, \
    tak, takk, kiitos, alstublieft, aub, bedankt, dank u, prosze, dziekuje, prosim, dekuji, \
    dakujem, hvala, kerem, koszonom, va rog, multumesc, моля, благодаря, παρακαλω, ευχαριστω, \
    пожалуйста, спасибо, будь ласка, дякую, lutfen, tesekkurler, tolong, terima kasih, \
    من فضلك, شكرا, בבקשה, תודה, कृपया, धन्यवाद, xin, vui long, cam on, aciu, paldies, palun
    """

  /// Polite endings in languages that write them without a space.
  static let politeEndings = """
    谢谢, 謝謝, 吧, 了, ください, 下さい, して, します, しろ, を, お願いします, 願います, ありがとう, \
    합니다, 해주세요, 해줘, 하세요, 바랍니다, 부탁드립니다, 부탁해요, 요청, 신청, 할게요, 감사합니다, \
    ค่ะ, ครับ, คะ, ด้วย, นะ, ขอบคุณ
    """
  /// Polite beginnings in languages that write them without a space.
  static let politeBeginnings = "请, 請, 我要, 我想, ขอ"

  /// The tables of all languages.
  static let all: [KeywordTable] = western + northern + eastern + others + asian

  private static let western: [KeywordTable] = [
    .init(
      language: "en",
      stop: """
        stop, stop all, unsub*, un subscribe, un subscribed, opt out, opted out, opting out, \
        revoke, quit, remove me
        """,
      whole: "cancel, end, remove, no more, take me off",
      start: "start, unstop, opt in, resume, subscribe",
      help: "help, info"
    ),
    .init(
      language: "fr",
      stop: """
        arrêt, arrêter, arrête, arrêtez, arrett, stop sms, désabonn*, désinscri*, dés abonner, \
        dés abonnez, dés inscrire, dés inscrivez
        """,
      whole: "annuler, résilier, retirer, ne plus recevoir",
      common: "fin, halte",
      start: "commencer, démarrer, reprendre",
      help: "aide, infos"
    ),
    .init(
      language: "es",
      stop: """
        baja, dar de baja, darme de baja, parar, detener, desuscri*, des suscribir, \
        des suscribirme, cancelar suscripción
        """,
      whole: "cancelar, anular, salir, terminar, eliminar, quitar, no más, bórrame",
      common: "alto, basta, fin, pare",
      start: "iniciar, comenzar, empezar, reanudar, alta",
      help: "ayuda, información"
    ),
    .init(
      language: "pt",
      stop: "parar, parem, descadastr*, cancelar inscrição, cancelar subscrição",
      whole: "sair, cancelar, remover, anular, terminar",
      common: "fim, pare",
      start: "iniciar, começar, retomar",
      help: "ajuda, informação"
    ),
    .init(
      language: "it",
      stop: "disiscri*, cancellami, annulla iscrizione, cancella iscrizione, fermare, fermate",
      whole: "annulla, cancella, ferma, esci, rimuovi, rimuovimi, disdetta",
      common: "basta",
      start: "inizia, iniziare, riprendi, avvia",
      help: "aiuto"
    ),
    .init(
      language: "de",
      stop: """
        stopp, abmeld*, ab melden, abbestell*, ab bestellen, austragen, widerruf*, \
        keine werbung, keine sms, keine nachrichten
        """,
      whole: "kündigen, kuendigen, beenden, abbrechen, löschen, loeschen, abbruch",
      common: "ende, halt, raus",
      only: "aus",
      start: "starten, anmelden",
      help: "hilfe"
    ),
    .init(
      language: "nl",
      stop: """
        stoppen, afmeld*, af melden, uitschrijv*, uit schrijven, uitgeschreven, opzeggen
        """,
      whole: "annuleren, annuleer, verwijder, verwijderen, beëindigen",
      common: "einde",
      only: "uit",
      start: "starten, hervatten, aanmelden",
      help: "hulp"
    ),
    .init(
      language: "ca",
      stop: "donar de baixa, donar-me de baixa, atura, aturar",
      whole: "cancel·lar, anul·lar",
      common: "baixa, prou",
      start: "començar",
      help: "ajuda"
    ),
    .init(
      language: "ga",
      stop: "díliostáil, cuir stop",
      whole: "cealaigh",
      common: "deireadh",
      only: "stad",
      start: "tosaigh",
      help: "cabhair"
    ),
    .init(
      language: "mt",
      stop: "waqqaf, ieqaf, neħħini",
      whole: "ikkanċella",
      common: "tmiem",
      start: "ibda",
      help: "għajnuna"
    ),
  ]

  private static let northern: [KeywordTable] = [
    .init(
      language: "sv",
      stop: "stoppa, avregistr*, avprenumerer*, avanmäl*, sluta",
      whole: "avsluta, avbryt, ta bort",
      common: "slut",
      only: "av",
      start: "starta, börja",
      help: "hjälp, hjalp"
    ),
    .init(
      language: "da",
      stop: "afmeld*, frameld*, afbestil*",
      whole: "annuller, opsig, afslut, fjern",
      common: "slut",
      only: "stands",
      start: "tilmeld, begynd",
      help: "hjælp"
    ),
    .init(
      language: "nb",
      stop: "avmeld*, avbestill*, meld av, meld meg av",
      whole: "avslutt, avbryt, kanseller, fjern",
      common: "slutt",
      start: "begynn",
      help: "hjelp"
    ),
    .init(
      language: "fi",
      stop: "lopeta, lopettakaa, peru tilaus",
      whole: "lopetus, en halua, peruuta, poista, irtisano, ei kiitos",
      common: "loppu",
      start: "aloita, jatka",
      help: "apua, ohje"
    ),
    .init(
      language: "is",
      stop: "stöðva, stopp, afskrá*",
      whole: "hætta, hætta við",
      start: "byrja",
      help: "hjálp"
    ),
    .init(
      language: "et",
      stop: "lõpeta, peata, loobun, loobu",
      whole: "tühista",
      common: "lõpp",
      start: "alusta",
      help: "abi"
    ),
    .init(
      language: "lv",
      stop: "apturēt, aptur, atteikties, atsakos, pārtraukt",
      whole: "atcelt, dzēst",
      common: "beigt, beigas",
      start: "sākt",
      help: "palīdzība"
    ),
    .init(
      language: "lt",
      stop: "stabdyti, sustabdyti, atsisakyti, atsisakau, nutraukti",
      whole: "atšaukti, ištrinti",
      common: "baigti, pabaiga",
      start: "pradėti",
      help: "pagalba"
    ),
  ]

  private static let eastern: [KeywordTable] = [
    .init(
      language: "pl",
      stop: "rezygn*, wypis*, wypisz mnie, zatrzymaj, zatrzymać",
      whole: "nie chcę, anuluj, usuń, odwołaj",
      common: "koniec",
      start: "rozpocznij, wznów",
      help: "pomoc"
    ),
    .init(
      language: "cs",
      stop: "odhlás*, od hlásit, zastavit, zastavte",
      whole: "nechci, zrušit, ukončit, smazat",
      common: "konec",
      start: "začít, spustit",
      help: "pomoc"
    ),
    .init(
      language: "sk",
      stop: "odhlás*, zastaviť, zastavte",
      whole: "nechcem, zrušiť, ukončiť, zmazať",
      common: "koniec",
      start: "začať, spustiť",
      help: "pomoc"
    ),
    .init(
      language: "sl",
      stop: "odjav*, ustavi, prenehaj",
      whole: "prekliči, prekini, izbriši",
      common: "konec",
      start: "začni",
      help: "pomoč"
    ),
    .init(
      language: "hr",
      stop: "odjav*, zaustavi, prestani",
      whole: "otkaži, prekini, izbriši",
      common: "kraj",
      start: "počni, pokreni",
      help: "pomoć"
    ),
    .init(
      language: "sr",
      stop: "одјав*, заустави, престани",
      whole: "откажи, прекини",
      common: "крај",
      start: "почни",
      help: "помоћ"
    ),
    .init(
      language: "hu",
      stop: "leiratkoz*, állj, leállít*",
      whole: "nem kérek, lemondás, lemondom, törlés, kilép, kilépés",
      common: "vége",
      start: "indítás, kezdés, folytatás",
      help: "segítség, súgó"
    ),
    .init(
      language: "ro",
      stop: "dezabon*, oprește, opriți, opreste, nu mai vreau",
      whole: "renunță, anulare, anulează, șterge",
      common: "sfârșit",
      only: "gata",
      start: "pornește",
      help: "ajutor"
    ),
    .init(
      language: "bg",
      stop: "стоп, спри, спрете, спиране, отпиш*, отписв*, прекрати",
      whole: "отказ, откажи, отказвам, изтрий",
      common: "край",
      start: "старт, започни",
      help: "помощ, инфо"
    ),
    .init(
      language: "el",
      stop: "στοπ, σταμάτα, σταματήστε, διαγραφή, απεγγραφή, διακοπή",
      whole: "ακύρωση, έξοδος",
      common: "τέλος",
      start: "έναρξη",
      help: "βοήθεια"
    ),
    .init(
      language: "ru",
      stop: """
        стоп, отпис*, отпиш*, от писать, от писаться, прекратит*, остановит*, \
        отменить подписку, отказ от рассылки
        """,
      whole: "отмена, отменить, отказ, отключить, выход, удалить, хватит, otpiska",
      common: "конец",
      start: "старт, начать, возобновить",
      help: "помощь, инфо, справка"
    ),
    .init(
      language: "uk",
      stop: """
        стоп, відпис*, відпиш*, від писати, від писатися, припинити, припиніть, зупинити, \
        зупиніть
        """,
      whole: "скасувати, відміна, відмова, відключити, вихід, видалити",
      common: "кінець, досить",
      start: "старт, почати, відновити",
      help: "допомога, інфо, довідка"
    ),
    .init(
      language: "tr",
      stop: "durdur*, abonelikten çık, listeden çık",
      whole: "iptal, istemiyorum",
      only: "dur, ret, çık, çıkış, sil",
      start: "başla, başlat",
      help: "yardım, bilgi"
    ),
  ]

  private static let others: [KeywordTable] = [
    .init(
      language: "ar",
      stop: "توقف, توقفوا, إيقاف, أوقف, أوقفوا, إلغاء الاشتراك, الغاء الاشتراك",
      whole: "إلغاء, قف, خروج, حذف",
      common: "نهاية, كفى",
      start: "ابدأ, بدء, استئناف",
      help: "مساعدة, معلومات"
    ),
    .init(
      language: "he",
      stop: """
        הסר, הסרה, להסרה, הסירו, הסירו אותי, תסירו אותי, תסיר אותי, תסירי אותי, עצור, עצרו, \
        תפסיקו
        """,
      whole: "תסירו, ביטול, בטל, בטלו, מחק",
      common: "סוף, די",
      start: "התחל, חידוש",
      help: "עזרה, מידע"
    ),
    .init(
      language: "hi",
      stop: """
        रोकें, रोको, रोकिए, रोकिये, बंद करें, बंद करो, बंद कीजिए, बंद कीजिये, बन्द करें, बन्द करो, \
        बन्द कीजिए, बन्द कीजिये, स्टॉप, सदस्यता समाप्त
        """,
      whole: "रद्द, रद्द करें, समाप्त",
      common: "बंद, बन्द, अंत",
      start: "शुरू, शुरू करें, स्टार्ट",
      help: "मदद, सहायता"
    ),
    .init(
      language: "id",
      stop: "berhenti, hentikan, unreg, stop sms, berhenti berlangganan",
      whole: "batal, batalkan, hapus",
      common: "keluar, selesai",
      start: "mulai, lanjutkan",
      help: "bantuan"
    ),
    .init(
      language: "vi",
      stop: "dừng lại, dung lai, ngừng nhận, ngung nhan, hủy đăng ký, huy dang ky",
      whole: "từ chối, tu choi",
      common: "kết thúc",
      only: "dừng, dung, ngừng, ngung, hủy, huỷ, huy, tc",
      start: "bắt đầu, bat dau",
      help: "trợ giúp, tro giup"
    ),
  ]

  private static let asian: [KeywordTable] = [
    .init(
      language: "zh",
      stop: """
        退订, 退訂, td退订, td退訂, 退订td, 退訂td, 退订短信, 退訂簡訊, 回复td, 回覆td, 回td, \
        回复退订, 回覆退訂, 取消订阅, 取消訂閱, 停止发送, 停止發送, 停止, 拒收, 拒绝接收, 拒絕接收, 不再接收, \
        别再发, 別再發, 不要再发, 不要再發, 别发了, 別發了
        """,
      whole: "取消, 终止, 終止",
      common: "结束, 結束",
      only: "停, 退, td, t, qx, 回t, 回复t, 回覆t",
      start: "开始, 開始, 恢复, 恢復",
      help: "帮助, 幫助, 說明, 说明"
    ),
    .init(
      language: "ja",
      stop: """
        停止, 配信停止, 配信解除, 登録解除, 購読解除, 購読停止, 受信拒否, 退会, ストップ, やめて, 止めて, \
        送らないで
        """,
      whole: "解除, 中止, 拒否, キャンセル, 取消",
      common: "終了, 終わり",
      start: "開始, 再開, スタート",
      help: "ヘルプ, 助けて"
    ),
    .init(
      language: "ko",
      stop: "수신거부, 수신 거부, 수신차단, 구독취소, 구독 취소, 구독해지, 해지, 중지, 중단, 그만, 스톱",
      whole: "거부, 거절, 취소, 탈퇴",
      common: "끝",
      only: "정지, 종료",
      start: "시작, 재개, 수신동의",
      help: "도움말, 도움"
    ),
    .init(
      language: "th",
      stop: "หยุด, ไม่รับ, ไม่รับข่าวสาร, ยกเลิกการสมัคร, ยกเลิกการรับ, ยกเลิกรับ",
      whole: "ยกเลิก",
      common: "จบ",
      only: "เลิก, พอ",
      start: "เริ่ม, เริ่มใหม่",
      help: "ช่วยเหลือ, ช่วยด้วย"
    ),
  ]
}
