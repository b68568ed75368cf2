date = { $day } { $month ->
    [1] Januari
    [2] Februari
    [3] Machi
    [4] Aprili
    [5] Mei
    [6] Juni
    [7] Julai
    [8] Agosti
    [9] Septemba
    [10] Oktoba
    [11] Novemba
   *[12] Desemba
} { $year }
title = Nani amepokea taarifa zako
intro = Ulituuliza ni nani amepokea taarifa zako kutoka kwetu. Hili ni jibu letu la tarehe { $date }.
none = { $asked ->
    [0] Hadi sasa hatujamtumia mtu yeyote taarifa za aina hiyo.
    [one] Tuliangalia kifurushi kimoja cha taarifa tulichotuma. Hukuwemo katika kifurushi hicho.
   *[other] Tuliangalia vifurushi vyote { $asked } vya taarifa tulivyotuma. Hukuwemo katika kifurushi chochote.
}
some = { $count ->
    [one] Taarifa zako zilitumwa mara moja.
   *[other] Taarifa zako zilitumwa mara { $count }.
}
heading = { $number }. { $partner }
arrived = Tulizituma tarehe { $date }, na zilifika kwa { $partner }.
may-have-arrived = Tulianza kuzituma tarehe { $date }. Hatuna uhakika kwamba zilifika, lakini huenda { $partner } wanazo.
asked-about = Tarehe { $date } tuliulizwa kama tunakufahamu. { $partner } hawakuambiwa chochote kukuhusu.
confirmed = Tulizituma tarehe { $date }. { $partner } walithibitisha tarehe { $answered } kwamba walizipokea.
rejected = Tulizituma tarehe { $date }. { $partner } walituambia tarehe { $answered } kwamba hawakuzihifadhi.
purpose = Zilitumwa kwa kusudi hili: { $purpose }.
agreement = Makubaliano yaliyoruhusu hilo yanaitwa “{ $title }” (toleo la { $version }).
elements = Hizi ndizo taarifa zako zilizokuwemo:
form-raw = “{ $element }” ilitolewa kama ilivyo.
form-pseudonym = “{ $element }” haikutolewa: badala yake iliwekwa namba ambayo hawawezi kuitumia kuigundua.
form-presence = Waliambiwa tu kama tuna “{ $element }” au hatuna, bila kuambiwa ni nini.
form-year = Kutoka kwenye “{ $element }” walipewa mwaka tu.
form-age = Kutoka kwenye “{ $element }” walipewa umri kwa miaka tu.
form-age-band = Kutoka kwenye “{ $element }” walipewa kundi la umri tu.
form-place-level = { $level ->
    [0] Kutoka kwenye “{ $element }” walipewa nchi tu.
   *[other] Kutoka kwenye “{ $element }” walipewa eneo pana tu.
}
form-masked = “{ $element }” ilitolewa huku sehemu yake kubwa ikiwa imefichwa.
form-aggregate-only = Kutoka kwenye “{ $element }” walipewa idadi au jumla tu.
erase-by = Wanaweza kuzihifadhi hadi tarehe { $date }, kisha ni lazima wazifute.
erased-by = Walipaswa kuzifuta kabla ya mwisho wa tarehe { $date }.
worked-out = Yaliyokuwemo yametambuliwa kutoka kwenye nyaraka zetu za wakati huo.
others = Huenda kuna zaidi chini ya rekodi yako nyingine. Tafadhali tuombe tuangalie huko pia.
rights = Unaweza kutuomba tusahihishe kilicho na makosa, na unaweza kupinga taarifa zako kutumwa.
contact = Ukiwa na swali, au kama kuna kosa hapa, wasiliana na { $contact }.
our-office = ofisi iliyokupa barua hii, na umuulizie anayehusika na ulinzi wa taarifa
