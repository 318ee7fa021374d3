"""Languages are named right or not at all, and what is no language has none."""

import subprocess
import sys

import pytest

from bot.domain.datasets.languages import language_of

SAID = {
    "English": "You can find the invoice in the menu of this page, and we will help you if that is not it.",
    "Korean": "이 페이지의 메뉴에서 청구서를 찾으실 수 있습니다. 다른 것이 필요하시면 말씀해 주세요.",
    "Japanese": "請求書はこのページのメニューにあります。ほかに必要なものがあればお知らせください。",
    "Chinese": "您可以在本页的菜单中找到发票。如果您需要其他帮助，请告诉我们。",
    "Dutch": "De factuur staat in het menu van deze pagina, en wij helpen je graag verder als je iets anders zoekt.",
    "Polish": "Fakturę znajdziesz w menu tej strony, a jeśli szukasz czegoś innego, chętnie pomożemy.",
    "Turkish": "Faturanızı bu sayfanın menüsünde bulabilirsiniz, başka bir şey arıyorsanız size yardımcı oluruz.",
    "German": "Die Rechnung finden Sie im Menü dieser Seite, und wir helfen Ihnen gern, wenn Sie etwas anderes suchen.",
    "French": "Vous trouverez la facture dans le menu de cette page, et nous vous aidons si vous cherchez autre chose.",
    "Spanish": "Puede encontrar la factura en el menú de esta página, y le ayudamos si busca otra cosa.",
    "Italian": "La fattura si trova nel menu di questa pagina, e vi aiutiamo volentieri se cercate altro.",
    "Portuguese": "A fatura está no menu desta página, e ajudamos com prazer se você procura outra coisa.",
    "Swedish": "Du hittar fakturan i menyn på den här sidan, och vi hjälper dig gärna om du letar efter något annat.",
    "Vietnamese": "Bạn có thể tìm thấy hóa đơn trong menu của trang này.",
    "Indonesian": "Anda dapat menemukan faktur di menu halaman ini, dan kami akan membantu jika Anda mencari lainnya",
    "Russian": "Вы найдёте счёт в меню этой страницы, а если нужно что-то другое, мы поможем.",
    "Ukrainian": "Ви знайдете рахунок у меню цієї сторінки, а якщо потрібно щось інше, ми допоможемо.",
    "Arabic": "يمكنك العثور على الفاتورة في قائمة هذه الصفحة، وسنساعدك إذا كنت تبحث عن شيء آخر.",
    "Persian": "می‌توانید فاکتور را در منوی این صفحه پیدا کنید و اگر چیز دیگری می‌خواهید کمک می‌کنیم.",
    "Hindi": "आप इस पृष्ठ के मेनू में बिल पा सकते हैं, और यदि आप कुछ और खोज रहे हैं तो हम मदद करेंगे।",
    "Bengali": "আপনি এই পৃষ্ঠার মেনুতে চালান খুঁজে পেতে পারেন।",
    "Lao": "ທ່ານສາມາດຊອກຫາໃບແຈ້ງໜີ້ໄດ້ໃນເມນູຂອງໜ້ານີ້",
    "Armenian": "Հաշիվը կարող եք գտնել այս էջի ցանկում, իսկ եթե այլ բան եք փնտրում, մենք կօգնենք։",
    "Hebrew": "אפשר למצוא את החשבונית בתפריט של הדף הזה, ונשמח לעזור אם חיפשתם משהו אחר.",
    "Thai": "คุณสามารถค้นหาใบแจ้งหนี้ได้ในเมนูของหน้านี้",
    "Greek": "Θα βρείτε το τιμολόγιο στο μενού αυτής της σελίδας.",
    "Tamil": "இந்தப் பக்கத்தின் பட்டியலில் விலைப்பட்டியலைக் காணலாம்.",
    "Georgian": "ანგარიშს ამ გვერდის მენიუში იპოვით.",
}


@pytest.mark.parametrize(("name", "text"), SAID.items(), ids=SAID)
def test_a_language_is_called_by_its_name(name: str, text: str) -> None:
    assert language_of(text) == name


def test_korean_with_english_terms_in_it_is_korean() -> None:
    assert language_of("React에서 useState 훅은 component의 state를 관리할 때 사용합니다.") == "Korean"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name, town FROM customer WHERE town = '서울' ORDER BY name",
        "import os\n\ndef main() -> None:\n    for each in os.listdir('.'):\n        print(each)",
        '{"city": "Seoul", "degrees": 21, "wind": {"from": "north", "speed": 4}}',
        "<div class='card'><p>Hola amigos de la casa</p></div>",
        "```python\nx = [y for y in range(10)]\n```",
        "const suma = (a, b) => a + b; console.log(suma(1, 2));",
        "git commit -m 'first' && git push --set-upstream origin main",
        r"\frac{a}{b} = \sqrt{x^2 + y^2}",
        "",
        "42",
        "Yes",
        "spam",
        "#### 72",
    ],
)
def test_code_and_too_little_have_no_language(text: str) -> None:
    assert language_of(text) == ""


def test_prose_around_code_has_its_language() -> None:
    told = (
        "You can read the file with this call, and it will give you the text:\n```python\nopen(x).read()\n```"
    )
    assert language_of(told) == "English"


def test_the_library_is_loaded_for_none_of_the_usual_languages() -> None:
    program = (
        "import sys; from bot.domain.datasets.languages import language_of\n"
        f"for text in {[SAID[name] for name in ('English', 'Korean', 'Japanese', 'Chinese')]!r}: language_of(text)\n"
        "sys.exit('fasttext' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
