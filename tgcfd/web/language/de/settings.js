// The settings, as tgcfd/config/schema.json describes them.
export default {
  "Telegram account": "Telegram-Konto",
  "The account or bot that reads and sends the messages. Keys and tokens can be stored here, but are never shown again.":
    "Das Konto oder der Bot, der die Nachrichten liest und sendet. Schlüssel und Tokens lassen sich hier speichern, werden aber nie wieder gezeigt.",
  "Kind of account": "Art des Kontos",
  "A user account sees all chats that you see and can copy old messages. A bot sees only chats that it was added to, and new messages only.":
    "Ein Benutzerkonto sieht alle Chats, die Sie sehen, und kann alte Nachrichten kopieren. Ein Bot sieht nur Chats, zu denen er hinzugefügt wurde, und nur neue Nachrichten.",
  "Bot": "Bot",
  "User account": "Benutzerkonto",
  "API id": "API-ID",
  "The number that my.telegram.org shows under “API development tools”. 0 means not set.":
    "Die Zahl, die my.telegram.org unter „API development tools“ zeigt. 0 heißt: nicht gesetzt.",
  "API hash": "API-Hash",
  "The 32 letters and digits that my.telegram.org shows next to the API id.":
    "Die 32 Buchstaben und Ziffern, die my.telegram.org neben der API-ID zeigt.",
  "Bot token": "Bot-Token",
  "From @BotFather, like 123456789:AAE… Used only if the kind of account is a bot.":
    "Von @BotFather, wie 123456789:AAE… Nur benutzt, wenn das Konto ein Bot ist.",
  "Session string": "Session-String",
  "A Telethon session string: it stands for a user account that is signed in already. Whoever has it can use the account. Used only if the kind of account is a user account.":
    "Ein Session-String von Telethon: Er steht für ein Benutzerkonto, das schon angemeldet ist. Wer ihn hat, kann das Konto benutzen. Nur benutzt, wenn das Konto ein Benutzerkonto ist.",
  "Mode": "Modus",
  "What Run starts when it is not told otherwise: forwarding new messages as they come, or copying the messages that are in the chats already.":
    "Was startet, wenn nichts anderes gesagt wird: neue Nachrichten weiterleiten, sobald sie kommen, oder die Nachrichten kopieren, die schon in den Chats sind.",
  "Live: new messages": "Live: neue Nachrichten",
  "Past: existing messages": "Vergangenes: vorhandene Nachrichten",
  "Each connection takes the messages of one chat and sends them to others. A chat can be the source of one enabled connection only: give that one all its destinations. A connection whose chats cannot be used is reported and left out; the others run.":
    "Jede Verbindung nimmt die Nachrichten eines Chats und sendet sie an andere. Ein Chat kann nur in einer eingeschalteten Verbindung Quelle sein: Geben Sie dieser alle Ziele. Eine Verbindung, deren Chats nicht brauchbar sind, wird gemeldet und ausgelassen; die anderen laufen.",
  "Connection": "Verbindung",
  "A name for you to recognise the connection by.": "Ein Name, an dem Sie die Verbindung erkennen.",
  "Enabled": "Eingeschaltet",
  "Off pauses this connection; all of it is kept.": "Aus hält diese Verbindung an; alles von ihr bleibt erhalten.",
  "The chat to take messages from: @name, a t.me link, “me” for Saved Messages, or the chat's number. The number of a channel or supergroup starts with -100. The account must be in the chat. Empty: the connection does nothing.":
    "Der Chat, aus dem die Nachrichten kommen: @name, ein t.me-Link, „me“ für Gespeichertes, oder die Nummer des Chats. Die Nummer eines Kanals oder einer Supergruppe beginnt mit -100. Das Konto muss im Chat sein. Leer: Die Verbindung tut nichts.",
  "The chats to send to, written like the source; the account must be allowed to write there. One that cannot be used is reported, and the others still get the messages.":
    "Die Chats, an die gesendet wird, geschrieben wie die Quelle; das Konto muss dort schreiben dürfen. Einer, der nicht brauchbar ist, wird gemeldet, und die anderen bekommen die Nachrichten trotzdem.",
  "Chat": "Chat",
  "Start after message": "Beginnen nach Nachricht",
  "Past mode: skip the messages up to and including the one with this number. It moves on with every message that reached a destination, so that the next run goes on from there. Live mode does not use it.":
    "Beim Kopieren: die Nachrichten bis einschließlich der mit dieser Nummer überspringen. Sie rückt mit jeder Nachricht weiter, die ein Ziel erreicht hat, so dass der nächste Lauf dort weitermacht. Der Live-Modus benutzt sie nicht.",
  "Stop after message": "Aufhören nach Nachricht",
  "Past mode: the message with this number is the last one to be copied. 0 or nothing: go on to the newest. Live mode does not use it.":
    "Beim Kopieren: Die Nachricht mit dieser Nummer ist die letzte, die kopiert wird. 0 oder nichts: bis zur neuesten. Der Live-Modus benutzt sie nicht.",
  "Show “Forwarded from”": "„Weitergeleitet von“ zeigen",
  "On: real forwards, with the name of the source. Format, watermark, OCR, replace and caption have no effect; the filter still has. Off: copies.":
    "An: echte Weiterleitungen, mit dem Namen der Quelle. Format, Wasserzeichen, OCR, Ersetzen und Zusatztext wirken nicht; der Filter wirkt. Aus: Kopien.",
  "What happens to a message on its way. They work in this order: filter, format, watermark, OCR, replace, caption.":
    "Was mit einer Nachricht unterwegs geschieht. Sie arbeiten in dieser Reihenfolge: Filter, Format, Wasserzeichen, OCR, Ersetzen, Zusatztext.",
  "Filter": "Filter",
  "Lets some messages through and holds others back: by their text, by who wrote them, and by what is attached to them.":
    "Lässt manche Nachrichten durch und hält andere zurück: nach ihrem Text, nach ihrem Absender und nach dem, was an ihnen hängt.",
  "Use the filter": "Filter benutzen",
  "Off: every message passes.": "Aus: Jede Nachricht geht durch.",
  "Text": "Text",
  "By words in the message.": "Nach Wörtern in der Nachricht.",
  "Hold back": "Zurückhalten",
  "A message with any of these in its text is not forwarded. Bold words and the like stand in it with their Markdown signs: **bold**.":
    "Eine Nachricht mit einem davon in ihrem Text wird nicht weitergeleitet. Fette Wörter und dergleichen stehen darin mit ihren Markdown-Zeichen: **fett**.",
  "Text or pattern": "Text oder Muster",
  "Let through": "Durchlassen",
  "If there are any: only a message with one of these in its text is forwarded.":
    "Wenn es welche gibt: Nur eine Nachricht mit einem davon in ihrem Text wird weitergeleitet.",
  "Tell capital letters apart": "Groß- und Kleinschreibung unterscheiden",
  "Off: capital letters do not count. With regular expressions, tgcf then makes the message lower-case but not your pattern, so one with capital letters is refused: write it in lower case.":
    "Aus: Großbuchstaben zählen nicht. Bei regulären Ausdrücken schreibt tgcf dann die Nachricht klein, nicht aber Ihr Muster; eines mit Großbuchstaben wird deshalb abgelehnt: Schreiben Sie es klein.",
  "Regular expressions": "Reguläre Ausdrücke",
  "On: the texts are regular expressions (Python's). Off: they are searched for as they stand.":
    "An: Die Texte sind reguläre Ausdrücke (von Python). Aus: Sie werden gesucht, wie sie dastehen.",
  "Senders": "Absender",
  "By who wrote the message. tgcf compares numeric ids only: a @name would never match, so it is refused.":
    "Danach, wer die Nachricht schrieb. tgcf vergleicht nur Nummern: Ein @name würde nie passen und wird deshalb abgelehnt.",
  "Messages of these senders are not forwarded.": "Nachrichten dieser Absender werden nicht weitergeleitet.",
  "Sender's id": "Nummer des Absenders",
  "If there are any: only messages of these senders are forwarded.":
    "Wenn es welche gibt: Nur Nachrichten dieser Absender werden weitergeleitet.",
  "Kinds of file": "Arten von Dateien",
  "By what is attached to the message.": "Danach, was an der Nachricht hängt.",
  "Messages with these are not forwarded.": "Nachrichten damit werden nicht weitergeleitet.",
  "Kind of file": "Art der Datei",
  "If there are any: only messages with one of these are forwarded.":
    "Wenn es welche gibt: Nur Nachrichten mit einer davon werden weitergeleitet.",
  "Gives the whole text one style. Any style but “as it is” drops the formatting that the text had.":
    "Gibt dem ganzen Text einen Stil. Jeder Stil außer „wie er ist“ verwirft die Formatierung, die der Text hatte.",
  "Use format": "Format benutzen",
  "Off: the text keeps its style.": "Aus: Der Text behält seinen Stil.",
  "Style": "Stil",
  "The style of every forwarded text. An admin's command /style changes it.":
    "Der Stil jedes weitergeleiteten Textes. Der Befehl /style eines Admins ändert ihn.",
  "As it is": "Wie er ist",
  "Bold": "Fett",
  "Italics": "Kursiv",
  "Struck through": "Durchgestrichen",
  "Plain, no formatting": "Schlicht, ohne Formatierung",
  "Watermark": "Wasserzeichen",
  "Puts an image over photos, GIFs and videos. Videos lose their sound. Needs ffmpeg and Python's requests on the host; without them a run does not start, and says so.":
    "Legt ein Bild über Fotos, GIFs und Videos. Videos verlieren ihren Ton. Braucht ffmpeg und Pythons requests auf dem Server; ohne sie startet tgcf nicht und sagt es.",
  "Use the watermark": "Wasserzeichen benutzen",
  "Off: media stay as they are.": "Aus: Medien bleiben, wie sie sind.",
  "Image": "Bild",
  "image.png is the image that you upload here. Or write an https address: the image is downloaded when it is first needed, and not again. An image that is here already is used instead, so remove it first. Or the name of an image file that the host's owner has put into your tgcf's folder.":
    "image.png ist das Bild, das Sie hier hochladen. Oder schreiben Sie eine https-Adresse: Das Bild wird geholt, wenn es zuerst gebraucht wird, und dann nicht wieder. Ein Bild, das schon hier ist, wird stattdessen benutzt; entfernen Sie es also erst. Oder den Namen einer Bilddatei, die der Betreiber in den Ordner Ihres tgcf gelegt hat.",
  "Position": "Lage",
  "Where on the picture the image goes.": "Wo auf dem Bild es steht.",
  "Top left": "Oben links",
  "Top right": "Oben rechts",
  "Centre": "Mitte",
  "Bottom left": "Unten links",
  "Bottom right": "Unten rechts",
  "Frame rate": "Bildrate",
  "Of marked videos and GIFs, in frames per second.": "Von Videos und GIFs mit Wasserzeichen, in Bildern je Sekunde.",
  "Text from images (OCR)": "Text aus Bildern (OCR)",
  "Reads the text in a photo. It replaces the message's own text. English only. Needs tesseract and Pillow on the host; without them a run does not start, and says so.":
    "Liest den Text in einem Foto. Er ersetzt den Text der Nachricht. Nur Englisch. Braucht tesseract und Pillow auf dem Server; ohne sie startet tgcf nicht und sagt es.",
  "Use OCR": "OCR benutzen",
  "Off: photos keep the text that came with them.": "Aus: Fotos behalten den Text, der mit ihnen kam.",
  "Replace": "Ersetzen",
  "Replaces words or patterns in the text, one rule after the other. Bold words and the like stand in it with their Markdown signs: **bold**.":
    "Ersetzt Wörter oder Muster im Text, eine Regel nach der anderen. Fette Wörter und dergleichen stehen darin mit ihren Markdown-Zeichen: **fett**.",
  "Use replace": "Ersetzen benutzen",
  "Off: no rule is applied.": "Aus: Keine Regel wird angewandt.",
  "Rules": "Regeln",
  "What to look for, and what to put there, in the order in which they are applied. With regular expressions, a rule whose new text is the name of a style (bold, italics, code, strike, plain) puts what it found into that style.":
    "Was gesucht und was dort eingesetzt wird, in der Reihenfolge, in der es geschieht. Bei regulären Ausdrücken setzt eine Regel, deren neuer Text der Name eines Stils ist (bold, italics, code, strike, plain), das Gefundene in diesen Stil.",
  "New text": "Neuer Text",
  "Rules as YAML": "Regeln als YAML",
  "The same rules as text, one “'old': 'new'” a line, as tgcf-web shows them. Leave it empty: it is then written from the rules. If it is given, it must say the same as the rules.":
    "Dieselben Regeln als Text, je Zeile ein „'alt': 'neu'“, wie tgcf-web sie zeigt. Lassen Sie es leer: Dann wird es aus den Regeln geschrieben. Ist es da, muss es dasselbe sagen wie die Regeln.",
  "On: what to look for is a regular expression (Python's), and \\1 in the new text stands for its first group.":
    "An: Gesucht wird nach einem regulären Ausdruck (von Python), und \\1 im neuen Text steht für seine erste Gruppe.",
  "Caption": "Zusatztext",
  "Adds text of yours to every message. Put an empty line at the end of the header, or at the start of the footer, to keep them apart from the message.":
    "Fügt jeder Nachricht Ihren Text hinzu. Setzen Sie eine leere Zeile ans Ende des Kopfes oder an den Anfang des Fußes, um sie von der Nachricht zu trennen.",
  "Use the caption": "Zusatztext benutzen",
  "Off: nothing is added.": "Aus: Nichts wird hinzugefügt.",
  "Header": "Kopf",
  "Goes before the message; Markdown.": "Steht vor der Nachricht; Markdown.",
  "Footer": "Fuß",
  "Goes after the message; Markdown.": "Steht nach der Nachricht; Markdown.",
  "Live mode": "Live-Modus",
  "For new messages. When a message that was copied since the last start is edited, its copies are edited too; any other that is edited is sent as a new message.":
    "Für neue Nachrichten. Wird eine Nachricht bearbeitet, die seit dem letzten Start kopiert wurde, werden ihre Kopien mitbearbeitet; jede andere bearbeitete wird als neue gesendet.",
  "One message at a time": "Eine Nachricht nach der anderen",
  "On: each message is dealt with before the next, which keeps their order; slower when there are many.":
    "An: Jede Nachricht wird vor der nächsten erledigt, das wahrt die Reihenfolge; langsamer, wenn es viele sind.",
  "Delete copies too": "Kopien mitlöschen",
  "On: when a message is deleted in the source, its copies are deleted. Only for messages copied since the last start, the newest 10000 of them.":
    "An: Wird eine Nachricht in der Quelle gelöscht, werden ihre Kopien gelöscht. Nur für Nachrichten, die seit dem letzten Start kopiert wurden, die neuesten 10000 davon.",
  "Delete by editing": "Löschen durch Bearbeiten",
  "Edit a message in the source to exactly this text, and it and its copies are deleted, if it was copied since the last start. Nothing (null) switches this off; an empty text is refused, since it would delete media that are edited to have no caption.":
    "Bearbeiten Sie eine Nachricht in der Quelle zu genau diesem Text, und sie wird samt ihren Kopien gelöscht, wenn sie seit dem letzten Start kopiert wurde. Nichts (null) schaltet das aus; ein leerer Text wird abgelehnt, weil er Medien löschen würde, deren Bildunterschrift entfernt wird.",
  "Past mode": "Kopieren",
  "For messages that are in the chats already: one connection after the other, the oldest message first, then the run is finished. Needs a user account.":
    "Für Nachrichten, die schon in den Chats sind: eine Verbindung nach der anderen, die älteste Nachricht zuerst, dann ist der Lauf fertig. Braucht ein Benutzerkonto.",
  "Pause": "Pause",
  "Seconds to wait after each message that was copied. A few seconds keep Telegram from asking for long waits, which are kept. Live mode does not use it.":
    "Sekunden, die nach jeder kopierten Nachricht gewartet wird. Ein paar Sekunden halten Telegram davon ab, lange Pausen zu verlangen, die eingehalten werden. Der Live-Modus benutzt sie nicht.",
  "Who may change connections and the style by commands in Telegram, while live mode runs: @names or numeric ids of people. A name that cannot be found is reported and left out.":
    "Wer im Live-Modus Verbindungen und den Stil durch Befehle in Telegram ändern darf: @namen oder Nummern von Personen. Ein Name, der nicht gefunden wird, wird gemeldet und ausgelassen.",
  "Answers of the bot": "Antworten des Bots",
  "Everybody who can write to the bot, or to your account, gets these while live mode runs.":
    "Jeder, der dem Bot oder Ihrem Konto schreiben kann, bekommt sie, während der Live-Modus läuft.",
  "Answer to /start": "Antwort auf /start",
  "What the bot says to /start (.start for a user account).":
    "Was der Bot auf /start sagt (.start bei einem Benutzerkonto).",
  "Answer to /help": "Antwort auf /help",
  "What the bot says to /help (.help for a user account).":
    "Was der Bot auf /help sagt (.help bei einem Benutzerkonto).",
  "Audio": "Audio",
  "GIF": "GIF",
  "Video": "Video",
  "Video message": "Videonachricht",
  "Sticker": "Sticker",
  "Contact": "Kontakt",
  "Photo": "Foto",
  "Document": "Dokument",
  "No file": "Keine Datei",
};
