"""Writes chat examples to measure with: the same bytes for the same size and Python; knows nothing of the product.

English sentences come from Python's own help texts, code from its standard library, Korean from stems and endings
below. Most sentences get a word that was never seen before (a name, an id, an address, a number, a slip
of the pen, an emoji), so that a counter cannot live on its memory: distinct words go on growing with the size.
"""

import sysconfig
from collections.abc import Iterator
from json import dumps
from pathlib import Path
from pydoc_data.topics import topics
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MODULES = _words(
    """argparse ast bisect calendar cmd codecs configparser contextlib copy csv datetime difflib dis
doctest enum fractions ftplib functools gettext gzip heapq inspect ipaddress locale mailbox
mimetypes optparse pathlib pdb pickle platform plistlib pprint pydoc random shutil smtplib socket
ssl statistics string subprocess tarfile textwrap threading tokenize traceback turtle typing uuid
warnings weakref zipfile"""
)
STEMS = _words(
    """학교 회사 고객 주문 배송 환불 서비스 데이터 모델 학습 문서 함수 변수 서버
요청 응답 화면 버튼 사용자 계정 비밀번호 설정
오류 결과 시간 날짜 가격 상품 결제 카드 영수증 문의 상담 예약 일정 회의 보고서 메일 전화 주소 도시 날씨 여행 음식 커피
사람 친구 가족 아이 선생님 의사 병원 약속 아침 점심 저녁 주말 여름 겨울 바다 하늘 나무 음악 영화 책 신문 뉴스 정책
경제 시장 투자 은행 이자 세금 계약 법률 규칙 방법 이유 문제 해결 질문 대답 설명 예시 상태 컴포넌트 렌더링 이벤트"""
)
PARTICLES = _words("""은 는 이 가 을 를 의 에 에서 으로 와 과 도 만 까지 부터 보다 처럼 마다 에게""")
VERBS = _words(
    """확인 설명 진행 변경 추가 삭제 처리 요청 준비 선택 입력 저장 전달 안내
사용 이해 시작 완료 취소 연결 분석 비교 기록
검토 수정 제공 공유 결정 계산 표시"""
)
ENDINGS = _words(
    """합니다. 했습니다. 하세요. 할까요? 하면 하고 해서 하지만 하는데 하려고 해야 하거나 합시다. 하겠습니다. 하십시오.
했나요?"""
)
EMOJI = "😀🙏🚀✅🎉👍🔥💡📦🇰🇷"
LETTERS = "abcdefghijklmnopqrstuvwxyz"

SYSTEM = (
    "You are a patient assistant of a software company. Answer briefly and name your sources.",
    "당신은 친절한 고객 상담원입니다. 짧고 정확하게 대답하세요.",
    "You review code. Point out mistakes first, then style.",
)


def lines(size: int, *, seed: int = 20261122) -> Iterator[bytes]:
    """Lines of chat examples, together `size` bytes and the rest of the last line: 1 to 5 questions with answers."""
    random = Random(seed)
    pools = (_english(), _code(), _korean(random))
    written = 0
    while written < size:
        pool = random.choices(pools, (33, 25, 42))[0]
        messages = [{"role": "system", "content": random.choice(SYSTEM)}]
        for _ in range(random.randint(1, 5)):
            messages.append({"role": "user", "content": _text(random, pool, random.randint(200, 900))})
            messages.append({"role": "assistant", "content": _text(random, pool, random.randint(200, 2_000))})
        line = dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
        written += len(line)
        yield line


def write(path: Path, size: int) -> int:
    """Write about `size` bytes to `path`; gives the number of lines."""
    count = 0
    with path.open("wb", buffering=1 << 20) as file:
        for line in lines(size):
            file.write(line)
            count += 1
    return count


def _text(random: Random, pool: list[str], length: int) -> str:
    text: list[str] = []
    had = 0
    while had < length:
        sentence = random.choice(pool)
        if random.random() < 0.5:
            words = sentence.split(" ")
            words[random.randrange(len(words))] = _new_word(random)
            sentence = " ".join(words)
        text.append(sentence)
        had += len(sentence) + 1
    return ("\n" if random.random() < 0.5 else " ").join(text)


def _new_word(random: Random) -> str:
    letters = "".join(random.choices(LETTERS, k=random.randint(4, 10)))
    return random.choice(
        (
            letters.capitalize(),
            f"{letters}_{random.randrange(1000)}",
            f"https://{letters}.example/{random.randrange(1 << 32):x}",
            f"{random.randrange(1, 10**6):,}",
            f"{random.randrange(1 << 40):010x}",
            "".join(chr(random.randrange(0xAC00, 0xD7A4)) for _ in range(random.randint(2, 4))),
            random.choice(EMOJI) + letters[:3],
        )
    )


def _english() -> list[str]:
    text = " ".join(" ".join(topics[name].split()) for name in sorted(topics))
    return [sentence + "." for sentence in text.split(". ") if 20 < len(sentence) < 400]


def _code() -> list[str]:
    folder = Path(sysconfig.get_path("stdlib"))
    text = "".join((folder / f"{name}.py").read_text("utf-8") for name in MODULES)
    parts = text.split("\n")
    return ["\n".join(parts[at : at + 4]) for at in range(0, len(parts) - 4, 4)]


def _korean(random: Random) -> list[str]:
    def sentence() -> str:
        words = []
        for _ in range(random.randint(3, 9)):
            stems = random.choices(STEMS, k=random.choice((1, 1, 2)))
            words.append("".join(stems) + random.choice(PARTICLES))
        return " ".join([*words, random.choice(VERBS) + random.choice(ENDINGS)])

    return [sentence() for _ in range(40_000)]
