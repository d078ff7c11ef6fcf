// The door: what tgcfd is, logging in, signing up, what was forgotten.
export default {
  "From channels, groups and people, as yourself or as a bot.":
    "Aus Kanälen, Gruppen und von Personen, als Sie selbst oder als Bot.",
  "It runs here, not on your computer: close the page, and it goes on.":
    "Es läuft hier, nicht auf Ihrem Rechner: Schließen Sie die Seite, und es geht weiter.",
  "On the way it can pick out what counts, replace words, or put a mark on pictures.":
    "Unterwegs kann es auswählen, was zählt, Wörter ersetzen oder Bilder markieren.",
  "What is this?": "Was ist das?",
  "When something goes wrong, it says in plain words what to do.":
    "Wenn etwas schiefgeht, sagt es in klaren Worten, was zu tun ist.",
  "You need an account here, and at Telegram your own account or a bot. The first steps show you how.":
    "Sie brauchen ein Konto hier, und bei Telegram Ihr eigenes Konto oder einen Bot. Die ersten Schritte zeigen, wie.",
  "tgcfd copies Telegram messages for you, from chats of yours to other chats, day and night.":
    "tgcfd kopiert für Sie Telegram-Nachrichten, aus Ihren Chats in andere Chats, Tag und Nacht.",
  "Back to logging in": "Zurück zur Anmeldung",
  "Forgotten password": "Passwort vergessen",
  "If it is lost, ask this host's owner to set a new one. Your connections stay as they are, and tgcf runs on. They type:":
    "Ist es verloren, bitten Sie den Betreiber dieses Servers, ein neues zu setzen. Ihre Verbindungen bleiben, und tgcf läuft weiter. Er tippt:",
  "If you have none, ask an admin of this host to switch your second factor off, or its owner, who types:":
    "Haben Sie keinen, bitten Sie einen Administrator dieses Servers, Ihren zweiten Faktor auszuschalten, oder den Betreiber; er tippt:",
  "An account that an admin has disabled cannot log in either: ask them.":
    "Auch ein Konto, das ein Administrator gesperrt hat, kann sich nicht anmelden: Fragen Sie dort nach.",
  "Lost phone": "Telefon verloren",
  "When you are asked for the code, choose to use a recovery code: one of those that you stored when you switched the second factor on.":
    "Wenn Sie nach dem Code gefragt werden, nehmen Sie einen Wiederherstellungscode: einen von denen, die Sie beim Einschalten des zweiten Faktors verwahrt haben.",
  "You cannot log in": "Sie können sich nicht anmelden",
  "tgcfd sends no mail, so it cannot send you a new password. Look among the passwords that your browser keeps.":
    "tgcfd verschickt keine E-Mails und kann Ihnen also kein neues Passwort schicken. Sehen Sie bei den Passwörtern nach, die Ihr Browser verwahrt.",
  "You are logged in as {email}. The invite makes another account: to use it, log out.":
    "Sie sind als {email} angemeldet. Die Einladung legt ein weiteres Konto an: Um sie zu benutzen, melden Sie sich ab.",
  "Forgotten your password, or lost your phone?": "Passwort vergessen oder Telefon verloren?",
  "I do not have my phone: use a recovery code": "Ich habe mein Telefon nicht: Wiederherstellungscode benutzen",
  "No account yet? Ask this host's owner for one.":
    "Noch kein Konto? Bitten Sie den Betreiber dieses Servers um eines.",
  "One of those that you stored when you switched the second factor on. Each is good once.":
    "Einer von denen, die Sie beim Einschalten des zweiten Faktors verwahrt haben. Jeder gilt einmal.",
  "Recovery code": "Wiederherstellungscode",
  "Sign up with an invite": "Mit einer Einladung registrieren",
  "The six digits that your authenticator app shows now.": "Die sechs Ziffern, die Ihre Authenticator-App jetzt zeigt.",
  "Accounts are made by this host's owner. Ask them for one, then log in with what they give you.":
    "Konten legt der Betreiber dieses Servers an. Bitten Sie ihn um eines, und melden Sie sich mit dem an, was er Ihnen gibt.",
  "An account takes an invite here. Ask this host's owner or an admin for one.":
    "Ein Konto verlangt hier eine Einladung. Bitten Sie den Betreiber dieses Servers oder einen Administrator um eine.",
  "An account takes an invite: ask this host's owner or an admin for one. Paste its link or its code here.":
    "Ein Konto verlangt eine Einladung: Bitten Sie den Betreiber dieses Servers oder einen Administrator um eine. Fügen Sie hier ihren Link oder Code ein.",
  "At least 8 characters. The longer the better: four words that have nothing to do with each other are good.":
    "Mindestens 8 Zeichen. Je länger, desto besser: Gut sind vier Wörter, die nichts miteinander zu tun haben.",
  "I have the code of an invite": "Ich habe den Code einer Einladung",
  "Invite": "Einladung",
  "There is an account with this address. If it is yours, log in below.":
    "Es gibt ein Konto mit dieser Adresse. Ist es Ihres, melden Sie sich unten an.",
  "This invite is not good, or no longer: it may have been used, or be too old. Ask who gave it to you for a new one.":
    "Diese Einladung gilt nicht oder nicht mehr: Vielleicht wurde sie benutzt oder ist zu alt. Bitten Sie, wer sie Ihnen gab, um eine neue.",
  "What admins here see of you.": "Was Administratoren hier von Ihnen sehen.",
  "You are invited. Choose how to log in from now on; the invite is good for one account.":
    "Sie sind eingeladen. Wählen Sie, wie Sie sich von nun an anmelden; die Einladung gilt für ein Konto.",
  "Hide what is typed": "Verbergen, was getippt ist",
};
