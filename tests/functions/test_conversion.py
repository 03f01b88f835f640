from __future__ import annotations

from typing import Any

import pytest

from spl.errors import SplSyntaxError
from tests.functions import Case, check, documented, evaluate, undocumented

PAGE = "conversion-functions"
FIELDS: dict[str, Any] = {
    "clientip": "10.20.30.120",
    "padded": " 12 ",
    "n": "12",
    "word": "seven",
    "test_data": ["100", "200", "300"],
    "sales": "1234567",
    "flag": "true",
    "cents": "0.5",
}
PRINTF: list[Case] = [
    ('printf("%.3A",pi())', "0X1.922P+1"),
    ('printf("%a",0.5)', "0x1p-1"),
    ('printf("%a",1.5)', "0x1.8p+0"),
    ('printf("%.0a",1.96875)', "0x1p+1"),
    ('printf("%a",0.0)', "0x0p+0"),
    ('printf("%c,%c",65,"Foo")', "A,F"),
    ('printf("%d,%i,%d",-2,+4,30)', "-2,4,30"),
    ('printf("%.2e",5139)', "5.14e+03"),
    ('printf("%.1E",5139)', "5.1E+03"),
    ('printf("%.2f",pi())', "3.14"),
    ('printf("%f",1.5)', "1.500000"),
    ('printf("%.2g,%.2g",pi(),123)', "3.1,1.2e+02"),
    ('printf("%o",255)', "377"),
    ('printf("%s%z","foo","bar")', "foobar"),
    ('printf("%u",99)', "99"),
    ('printf("%x,%X,%p",10,10,10)', "a,A,A"),
    ('printf("100%%")', "100%"),
    ('printf("%\'d",12345)', "12,345"),
    ('printf("%\'.2f",1234567.891)', "1,234,567.89"),
    ('printf("%-4d|",1)', "1   |"),
    ('printf("%04d",1)', "0001"),
    ('printf("%04d",-1)', "-001"),
    ('printf("%+4d",1)', "  +1"),
    ('printf("% -4d|",1)', " 1  |"),
    ('printf("% +d",1)', "+1"),
    ('printf("%#x",1)', "0x1"),
    ('printf("%#X",255)', "0XFF"),
    ('printf("%#o",8)', "010"),
    ('printf("%#.0f",1)', "1."),
    ('printf("%*d",5,123)', "  123"),
    ('printf("%.*f",1,1.23)', "1.2"),
    ('printf("%*.*e",9,2,pi())', " 3.14e+00"),
    ('printf("%.5d",42)', "00042"),
    ('printf("%.0d|",0)', "|"),
    ('printf("%.3s","splunk")', "spl"),
    ('printf("%.f",2.6)', "3"),
    ('printf("%04.4f %-6s|",cents,"x")', "0.5000 x     |"),
    ('printf("plain")', "plain"),
    ('printf("%d",n)', "12"),
]
PRINTF_CHOSEN: list[Case] = [
    ('printf("%d",3.9)', "3"),
    ('printf("%d",word)', None),
    ('printf("%d")', None),
    ('printf("%d",absent)', None),
    ('printf("%s",absent)', None),
    ('printf("%s",test_data)', None),
    ('printf("%*d",absent,1)', None),
    ('printf("%x",-1)', "ffffffffffffffff"),
    ('printf("%-3s|%3s","a","b")', "a  |  b"),
    ('printf("%*s|",-3,"a")', "a  |"),
    ("printf(absent,1)", None),
]
DOCUMENTED: list[Case] = [
    ('ipmask("255.255.255.0","10.20.30.120")', "10.20.30.0"),
    ('ipmask("0.255.0.224",clientip)', "0.20.0.96"),
    ('tonumber("0101",2)', 5),
    ('tonumber("0A4",16)', 164),
    ("tonumber(padded)", None),
    ("tonumber(trim(padded))", 12),
    ("tonumber(word)", None),
    ("tonumber(n)", 12),
    ('tonumber("1.5")', 1.5),
    ('tonumber("z",36)', 35),
    ("tonumber(word,16)", None),
    ("tonumber(7)", 7),
    ("tostring(1==1)", "True"),
    ("tostring(1==2)", "False"),
    ('tostring(15,"hex")', "0xF"),
    ('tostring(12345.6789,"commas")', "12,345.68"),
    ('tostring(sales,"commas")', "1,234,567"),
    ('tostring(615,"duration")', "00:10:15"),
    ('tostring(9,"binary")', "1001"),
    (
        'tostring(1==1)+" "+tostring(15,"hex")+" "+tostring(12345.6789,"commas")',
        "True 0xF 12,345.68",
    ),
    ('"$".tostring(sales,"commas")', "$1,234,567"),
    ('toarray(split("1, 2, 3",","))', "[1,2,3]"),
    ('toarray("[\\"carrots\\", 1.00, \\"potatoes\\", 1.75]")', '["carrots",1,"potatoes",1.75]'),
    ('toarray("somefield")', None),
    ("toarray(test_data)", "[100,200,300]"),
    ('tobool("true")', True),
    ('tobool("True")', True),
    ('tobool("false")', False),
    ('tobool("False")', False),
    ("tobool(0)", False),
    ("tobool(n)", True),
    ("tobool(flag)", True),
    ("tobool(1=1)", True),
    ("tobool(word)", None),
    ('todouble("16.00")', 16.0),
    ("todouble(5)", 5.0),
    ('todouble("number")', None),
    ('todouble("ff",16)', 255.0),
    ('toint("24")', 24),
    ("toint(3.14)", 3),
    ("toint(-3.14)", -4),
    ('toint("number")', None),
    ("toint(padded)", None),
    ('tomv(json_array("Buttercup","Rarity"))', ['"Buttercup"', '"Rarity"']),
    ('tomv(json_array("dubois",json_object("name","patel")))', ['"dubois"', '{"name":"patel"}']),
    ("tomv(test_data)", ["100", "200", "300"]),
    ('tomv("text")', None),
    ('toobject("{\\"name\\": \\"maria\\", \\"age\\": 25}")', '{"name":"maria","age":25}'),
    ('toobject("[1]")', None),
]
CHOSEN: list[Case] = [
    ('ipmask("255.255.255.0","2001:db8::1")', None),
    ('ipmask("255.255.255","10.0.0.1")', None),
    ("tonumber(absent)", None),
    ("tonumber(test_data)", None),
    ('tostring("text","commas")', "text"),
    ('tostring("5","binary")', "5"),
    ("tostring(absent)", None),
    ('tostring(90061.5,"duration")', "1+01:01:01.500000"),
    ('tostring(-5,"duration")', "-00:00:05"),
    ('tostring(-1,"binary")', None),
    ("tostring(3)+tostring(4)", "34"),
    ('tostring(1234.5,"commas")', "1,234.50"),
]


@pytest.mark.parametrize(
    ("expression", "expected", "source"),
    documented(PAGE, *PRINTF, *DOCUMENTED) + undocumented(*PRINTF_CHOSEN, *CHOSEN),
)
def test_value(expression: str, expected: Any, source: str) -> None:
    check(expression, expected, source, **FIELDS)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('tonumber("seven")', '"seven" is no number'),
        ('tonumber("")', '"" is no number'),
        ('tonumber("9",8)', '"9" is no number'),
        ("tonumber(n,1)", "base from 2 to 36, found 1"),
        ("tonumber(n,37)", "base from 2 to 36, found 37"),
        ("tonumber(n,absent)", "base from 2 to 36, found null"),
        ('tostring(1,"octal")', "binary.*hex.*commas.*duration.*octal"),
        ('printf("%S","x")', "no specifier '%S'"),
        ('printf("%n",1)', "no specifier '%n'"),
        ('printf("%1$s","x")', r"no specifier '%1\$'"),
        ('printf("50%")', "no specifier '%'"),
        ('printf("%99999d",1)', "at most 10,000"),
    ],
)
def test_syntax_error(expression: str, message: str) -> None:
    with pytest.raises(SplSyntaxError, match=message):
        evaluate(expression, **FIELDS)
