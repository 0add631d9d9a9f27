"""Support conversations in German, Spanish, Portuguese, Japanese and Arabic; read by support.py."""
# ruff: noqa: RUF001  # full-width punctuation is right in Japanese

from greenflash_site.demo.script import (
    Scenario,
    bot,
    bot_fitting,
    broken_tool,
    next_day,
    one_of,
    tool,
    user,
    user_fitting,
)

LANGUAGES = (
    # German
    Scenario(
        key="de-lieferung",
        product="support",
        language="de",
        mood="pleased",
        steps=(
            user(
                "Wo bleibt meine Bestellung «order»? Die sollte am «promised_day» da sein.",
                "Guten Morgen, wann kommt unser «item»?",
                "Laut Sendungsverfolgung ist «order» seit «days» Tagen in «city». Passiert da noch was?",
                "Moin, habt ihr «order» schon verschickt?",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "in_transit",
                    "carrier": "«carrier»",
                    "tracking": "«tracking»",
                    "expected": "«delivery_iso»",
                },
            ),
            bot(
                "Ihre Bestellung **«order»** ist unterwegs und soll am **«delivery_day»** ankommen.\n\n- Inhalt: «quantity» × «item»\n- Versand: «carrier», `«tracking»`",
                "Das Paket liegt gerade bei «carrier» und kommt voraussichtlich am **«delivery_day»**. Die Sendungsnummer lautet `«tracking»`. Entschuldigen Sie bitte die Verzögerung!",
            ),
            one_of(
                (),
                (
                    user("Super, danke! 👍", "Alles klar, dann warte ich.", "Kann der Bote es beim Nachbarn abgeben?"),
                    bot(
                        "Gern! Falls niemand da ist, gibt der Bote das Paket in der Nachbarschaft ab und lässt eine Karte da."
                    ),
                ),
            ),
        ),
    ),
    Scenario(
        key="de-rechnung",
        product="support",
        language="de",
        steps=(
            user(
                "Auf der Rechnung «invoice» fehlt unsere USt-IdNr.",
                "Wieso wurden diesen Monat zweimal «plan_price» abgebucht?",
                "Ich brauche die Rechnung «invoice» noch einmal mit korrekter Anschrift, unser Steuerberater wartet.",
                "Wie kündige ich zum Monatsende?",
            ),
            tool(
                "get_invoice",
                {"invoice": "«invoice»"},
                {"invoice": "«invoice»", "bill_to": "«company»", "total": "«plan_amount»", "currency": "«currency»"},
            ),
            bot_fitting(
                "Die Nummer tragen Sie unter *Einstellungen → Abrechnung* ein. Sobald gespeichert ist, stelle ich **«invoice»** neu aus und schicke sie an «email».",
                "Ich sehe nur eine echte Buchung über «plan_price» (**«invoice»**). Die zweite ist eine Vormerkung Ihrer Bank und verschwindet nach einigen Tagen.",
                "Gern. Bitte prüfen Sie die Anschrift unter *Einstellungen → Abrechnung*; danach schicke ich **«invoice»** neu an «email».",
                "Unter *Einstellungen → Tarif → Kündigen*. Der Tarif läuft bis zum «renewal_day», Ihre Daten bleiben danach noch 90 Tage lesbar.",
            ),
            user_fitting(
                "Gespeichert. Bitte neu schicken.",
                "Bei uns sind aber beide gebucht!",
                "Stimmt jetzt alles, bitte schicken.",
                "Gut, danke für die schnelle Antwort.",
            ),
            bot_fitting(
                "Erledigt, die neue Rechnung liegt in Ihrem Postfach.",
                "Verstehe. Dann gebe ich den Fall an **«agent»** aus der Buchhaltung weiter (Vorgang «ticket»), die Antwort kommt heute noch.",
                "Ist unterwegs. Sollte etwas nicht stimmen, antworten Sie einfach hier.",
                "Gern. Falls Sie es sich anders überlegen: bis zum «renewal_day» genügt ein Klick.",
            ),
        ),
    ),
    Scenario(
        key="de-drucker",
        product="support",
        language="de",
        mood="upset",
        steps=(
            user(
                "Der Etikettendrucker druckt alles um 3 mm verschoben. Zum Verrücktwerden.",
                "Nach dem Update geht der Drucker nicht mehr, und morgen ist Inventur!",
                "Der Drucker zieht nach jedem Etikett zwei leere nach.",
                "Jetzt schreibe ich zum dritten Mal wegen desselben Druckers.",
            ),
            bot(
                "Das tut mir leid. Bitte halten Sie die **Vorschubtaste fünf Sekunden** gedrückt, dann misst das Gerät die Etiketten neu ein. Wie lautet die Seriennummer auf der Unterseite?"
            ),
            user(
                "Hab ich schon dreimal gemacht. «serial»",
                "«serial». Ändert nichts.",
                "Bringt nichts. Ich will mit einem Menschen sprechen.",
            ),
            one_of(
                (
                    tool(
                        "device_status",
                        {"serial": "«serial»"},
                        {"serial": "«serial»", "firmware": "3.1.4", "latest": "3.2.0"},
                    ),
                    bot(
                        "Danke. Das Gerät hat noch die Firmware 3.1, bei der genau dieser Fehler bekannt ist. Unter *Geräte → Aktualisieren* dauert es etwa vier Minuten."
                    ),
                    user("Warum macht es das nicht von selbst?", "Aktualisiert. Besser, aber noch nicht gut."),
                ),
                (broken_tool("device_status", {"serial": "«serial»"}, {"error": "device_unreachable"}),),
            ),
            bot(
                "Ich habe den Vorgang **«ticket»** für Sie angelegt. «agent» ruft Sie innerhalb von «wait» Minuten an und schickt im Zweifel ein Tauschgerät."
            ),
        ),
    ),
    # Spanish
    Scenario(
        key="es-pedido",
        product="support",
        language="es",
        mood="pleased",
        steps=(
            user(
                "Hola, ¿dónde está mi pedido «order»?",
                "Buenos días, pedí «quantity» unidades del «item» y todavía no llega nada.",
                "¿Puedo cambiar la dirección del pedido «order»?",
                "El paquete «tracking» aparece como entregado pero aquí no hay nada 😕",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "in_transit",
                    "carrier": "«carrier»",
                    "tracking": "«tracking»",
                    "expected": "«delivery_iso»",
                },
            ),
            bot_fitting(
                "¡Hola, «first»! El pedido **«order»** está en camino:\n\n- Contenido: «quantity» × «item»\n- Transportista: «carrier» (`«tracking»`)\n- Entrega prevista: **«delivery_day»**",
                "Lo he encontrado, es el pedido **«order»**. Lo lleva «carrier» y debería llegar el **«delivery_day»**.",
                "Ya salió del almacén, así que la dirección no se puede cambiar, pero puede recogerlo en el punto de «carrier» más cercano con el número `«tracking»`.",
                "Lo siento mucho. He pedido a «carrier» que demuestre la entrega de `«tracking»`; si no puede hacerlo antes del «delivery_day», le enviamos otro sin coste.",
            ),
            one_of(
                (),
                (
                    user("¿Tengo que firmar?", "¿Y si no hay nadie en la tienda?"),
                    bot("No hace falta firma. Si no hay nadie, lo intentan otra vez al día siguiente."),
                ),
                (next_day(), user("Ya llegó, ¡gracias!", "Llegó esta mañana 🙌"), bot("¡Estupendo! Que lo disfruten.")),
            ),
        ),
    ),
    Scenario(
        key="es-devolucion",
        product="support",
        language="es",
        mood="upset",
        steps=(
            user(
                "Llevo «days» días esperando el reembolso de «order». ¿Cuándo me van a pagar?",
                "Ya recibieron el «item» que devolví y sigo sin mi dinero.",
                "El «item» llegó roto y nadie contesta mis correos.",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "refund": {"status": "pending", "amount": "«unit_amount»", "currency": "«currency»"},
                },
            ),
            bot(
                "Lamento las molestias. Veo el caso y puedo resolver el reembolso de **«unit_price»** ahora mismo. ¿Lo envío a la tarjeta terminada en «last4»?"
            ),
            user("Sí, por favor.", "Esa tarjeta ya no existe...", "Sí, pero ya me lo prometieron una vez."),
            one_of(
                (
                    tool("issue_refund", {"order": "«order»", "amount": "«unit_amount»"}, {"refund": "issued"}),
                    bot("Hecho ✅ Lo verá en su cuenta en unos tres días hábiles."),
                ),
                (
                    broken_tool(
                        "issue_refund", {"order": "«order»", "amount": "«unit_amount»"}, {"error": "card_expired"}
                    ),
                    bot(
                        "El banco ha rechazado la operación. Paso el caso a **«agent»**, de contabilidad, que le escribirá hoy a «email» (referencia «ticket»)."
                    ),
                ),
            ),
        ),
    ),
    # Portuguese
    Scenario(
        key="pt-estoque",
        product="support",
        language="pt",
        mood="pleased",
        steps=(
            user(
                "Como faço para importar meus produtos do Excel?",
                "Oi! O arquivo «file» dá erro na linha «row», o que será?",
                "Dá para fazer o inventário sem fechar a loja?",
                "Como imprimo só as etiquetas dos produtos novos?",
            ),
            tool(
                "search_help_center",
                {"query": "importar produtos etiquetas inventário"},
                {"articles": [{"title": "Importar produtos", "id": 61, "score": 0.9}]},
            ),
            bot_fitting(
                "Claro! Em *Estoque → Importar* use um **CSV em UTF-8** com estas colunas:\n\n```csv\nsku,name,price,stock\n«sku»,Caneca esmaltada,39.90,48\n```\n\nO preço vai com ponto, não com vírgula.",
                "Na linha «row» o preço está com vírgula. O arquivo precisa de ponto: `39.90` em vez de `39,90`.",
                "Dá sim 😊 Use a *contagem contínua* em *Estoque → Contagens*. As vendas feitas nesse meio-tempo são somadas sozinhas.",
                "Em *Estoque → Etiquetas* filtre por *Adicionados desde* e escolha a data. Sai uma etiqueta de teste primeiro.",
            ),
            user_fitting(
                "Funcionou 🎉 E dá para desfazer depois?",
                "Era a vírgula! E dá para desfazer a primeira tentativa?",
                "Perfeito! E se alguém fechar a contagem antes da hora?",
                "Não achei esse filtro...",
            ),
            bot_fitting(
                "Dá sim: por 24 horas há um botão *Desfazer* em *Estoque → Importações*.",
                "Dá sim: por 24 horas há um botão *Desfazer* em *Estoque → Importações*.",
                "Por 7 dias é possível reverter em *Contagens → Reverter*. Qualquer coisa é só chamar!",
                "Fica atrás do ícone de funil, à direita da busca.",
            ),
        ),
    ),
    Scenario(
        key="pt-cobranca",
        product="support",
        language="pt",
        mood="upset",
        steps=(
            user(
                "Fui cobrado duas vezes, «double_price» no total. Quero o estorno.",
                "Meu cartão foi recusado e agora o caixa não abre!!",
                "O pedido «order» veio errado e ninguém resolve.",
                "Já é a terceira vez que explico o mesmo problema.",
            ),
            tool(
                "list_charges",
                {"customer": "«email»"},
                {"charges": [{"invoice": "«invoice»", "amount": "«plan_amount»", "status": "succeeded"}]},
            ),
            bot(
                "Sinto muito, «first». Encontrei a fatura **«invoice»** de «plan_price». Posso encaminhar o caso agora para alguém do financeiro. Pode ser?"
            ),
            user("Pode, mas rápido.", "Quero falar com uma pessoa.", "Não quero encaminhar, quero resolver!"),
            tool("hand_over", {"team": "finance", "language": "pt"}, {"agent": "«agent»", "wait_minutes": "«wait»"}),
            bot(
                "Pronto: **«agent»** assume em cerca de «wait» minutos e já tem todo o histórico (protocolo «ticket»)."
            ),
        ),
    ),
    # Japanese
    Scenario(
        key="ja-haisou",
        product="support",
        language="ja",
        mood="pleased",
        steps=(
            user(
                "注文番号 «order» の配送状況を教えてください。",
                "«item» はいつ届きますか?",
                "配送先の住所を変更したいのですが、まだ間に合いますか?",
                "追跡番号 «tracking» で検索しても何も出てきません。",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "in_transit",
                    "carrier": "«carrier»",
                    "tracking": "«tracking»",
                    "expected": "«delivery_iso»",
                },
            ),
            bot_fitting(
                "お問い合わせありがとうございます。ご注文 **«order»** は現在配送中で、**«delivery_day»** にお届け予定です。\n\n- 商品：«item» × «quantity»\n- 追跡番号：`«tracking»`",
                "確認いたしました。«carrier» がお預かりしており、到着予定日は **«delivery_day»** です。",
                "恐れ入りますが、ご注文 **«order»** はすでに発送済みです。«carrier» に追跡番号 `«tracking»` をお伝えいただくと、転送を依頼できます。",
                "反映まで数時間かかる場合がございます。お届け予定日は **«delivery_day»** で、変更はございません。",
            ),
            one_of(
                (),
                (
                    user("わかりました。ありがとうございます。", "時間の指定はできますか?"),
                    bot("午前・午後のご指定が可能です。ご希望がございましたら、こちらにお書きください。"),
                ),
            ),
        ),
    ),
    Scenario(
        key="ja-label",
        product="support",
        language="ja",
        steps=(
            user(
                "ラベルの印刷位置が3ミリほどずれます。",
                "アプリをバージョン «version» に更新してからスキャナーが反応しません。",
                "CSVを取り込むと商品名が文字化けします。",
                "在庫数が実際より «small_count» 個多く表示されます。",
            ),
            tool(
                "search_help_center",
                {"query": "ラベル ずれ 文字化け 在庫"},
                {"articles": [{"title": "よくある質問：プリンターと取り込み", "id": 318, "score": 0.86}]},
            ),
            bot_fitting(
                "ご不便をおかけしております。電源を入れたまま送りボタンを **5秒間** 押してください。ラベルの位置を測り直します。",
                "ご不便をおかけしております。次の手順をお試しください。\n\n1. トリガーを **12秒間** 押す\n2. *設定 → デバイス → 追加* を開く\n3. 画面のコードを読み取る",
                "申し訳ございません。CSVは **UTF-8** で保存していただく必要があります。Excelでは「CSV UTF-8」を選択してください。",
                "未確定の注文が含まれている可能性があります。*在庫 → 表示 → 引当済みを除く* をお試しください。",
            ),
            one_of(
                (
                    user("直りました！助かりました。", "うまくいきました。"),
                    bot("ご確認ありがとうございます。また何かございましたらお気軽にお知らせください。"),
                ),
                (
                    user("試しましたが変わりません。", "その項目が見当たりません。", "担当者の方とお話しできますか？"),
                    bot("担当の «agent» が確認し、本日中に «email» へご連絡いたします（受付番号：**«ticket»**）。"),
                ),
            ),
        ),
    ),
    # Arabic
    Scenario(
        key="ar-talab",
        product="support",
        language="ar",
        mood="pleased",
        steps=(
            user(
                "مرحبا، أين طلبي رقم «order»؟",
                "متى يصل «item» الذي طلبته؟",
                "هل يمكنني تغيير عنوان التوصيل للطلب «order»؟",
                "السلام عليكم، تأخر الطلب «days» أيام ولم يصلني أي خبر.",
            ),
            tool(
                "lookup_order",
                {"order": "«order»"},
                {
                    "order": "«order»",
                    "status": "in_transit",
                    "carrier": "«carrier»",
                    "tracking": "«tracking»",
                    "expected": "«delivery_iso»",
                },
            ),
            bot_fitting(
                "أهلاً بك! طلبك **«order»** في الطريق ومن المتوقع وصوله يوم **«delivery_day»**.\n\n- المحتوى: «quantity» × «item»\n- رقم التتبع: `«tracking»`",
                "من المتوقع وصوله يوم **«delivery_day»**، وهو الآن لدى «carrier».",
                "غادر الطلب المستودع، لذلك لا يمكن تغيير العنوان، لكن يمكنك استلامه من أقرب فرع لـ «carrier» بالرقم `«tracking»`.",
                "وعليكم السلام، نعتذر عن التأخير. الشحنة الآن لدى «carrier» وستصل يوم **«delivery_day»** إن شاء الله.",
            ),
            one_of(
                (),
                (
                    user("شكراً جزيلاً 🙏", "هل يحتاج الاستلام إلى توقيع؟"),
                    bot("لا حاجة إلى توقيع، يكفي ذكر الاسم عند الاستلام."),
                ),
            ),
        ),
    ),
    Scenario(
        key="ar-fatura",
        product="support",
        language="ar",
        mood="upset",
        steps=(
            user(
                "تم خصم «plan_price» مرتين من بطاقتي هذا الشهر!",
                "الطابعة لا تعمل بعد التحديث الأخير.",
                "لا أستطيع تسجيل الدخول منذ الصباح ورسالة إعادة التعيين لا تصل.",
                "أريد استرداد مبلغ الطلب «order» فقد وصلني منتج خاطئ.",
            ),
            bot("نأسف لذلك، «first». سأراجع حسابك الآن، لحظة من فضلك."),
            one_of(
                (
                    tool(
                        "list_charges",
                        {"customer": "«email»"},
                        {"charges": [{"invoice": "«invoice»", "amount": "«plan_amount»", "status": "succeeded"}]},
                    ),
                ),
                (broken_tool("list_charges", {"customer": "«email»"}, {"error": "timeout"}),),
            ),
            bot("حوّلت المسألة إلى الزميل **«agent»** تحت الرقم «ticket»، وسيتواصل معك خلال «wait» دقيقة تقريباً."),
            user("هذه المرة الثالثة التي أنتظر فيها!", "حسناً، أنا بانتظاركم.", "أرجو أن يتم ذلك بسرعة."),
            bot("أتفهم ذلك تماماً، وقد وضعتُ الطلب في أعلى الأولويات."),
        ),
    ),
)
