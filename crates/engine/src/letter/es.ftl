date = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }
title = Quién ha recibido información sobre usted
intro = Usted nos preguntó quién ha recibido de nosotros información sobre usted. Esta es nuestra respuesta del { $date }.
none = { $asked ->
    [0] Hasta ahora no hemos enviado ese tipo de información a nadie.
    [one] Hemos revisado el único envío de información que hemos hecho. Usted no figura en él.
   *[other] Hemos revisado los { $asked } envíos de información que hemos hecho. Usted no figura en ninguno.
}
some = { $count ->
    [one] Se envió información sobre usted una vez.
   *[other] Se envió información sobre usted { $count } veces.
}
heading = { $number }. { $partner }
arrived = La enviamos el { $date } y llegó a { $partner }.
may-have-arrived = Empezamos a enviarla el { $date }. No estamos seguros de que llegara, pero es posible que { $partner } la tenga.
asked-about = El { $date } nos preguntaron si la conocemos a usted. No dijimos nada sobre usted a { $partner }.
confirmed = La enviamos el { $date }. { $partner } confirmó el { $answered } que la había recibido.
rejected = La enviamos el { $date }. { $partner } nos dijo el { $answered } que no la había conservado.
purpose = Se envió con este fin: { $purpose }.
agreement = El acuerdo que lo permitía se llama «{ $title }» (versión { $version }).
elements = Esto es lo que contenía sobre usted:
form-raw = «{ $element }» se dio tal cual.
form-pseudonym = «{ $element }» no se dio: en su lugar había un número con el que no pueden averiguarlo.
form-presence = Solo se les dijo si tenemos «{ $element }», no qué es.
form-year = De «{ $element }» se les dio solo el año.
form-age = De «{ $element }» se les dio solo una edad en años.
form-age-band = De «{ $element }» se les dio solo un grupo de edad.
form-place-level = { $level ->
    [0] De «{ $element }» se les dio solo el país.
   *[other] De «{ $element }» se les dio solo la zona más amplia.
}
form-masked = «{ $element }» se dio con la mayor parte oculta.
form-aggregate-only = De «{ $element }» se les dio solo un número o un total.
erase-by = Pueden conservarla hasta el { $date } como máximo y después deben borrarla.
erased-by = Debían borrarla a más tardar el { $date }.
worked-out = Lo que contenía se ha reconstruido a partir de nuestros documentos de entonces.
others = Puede haber más en otro expediente suyo. Pídanos que miremos también allí.
rights = Puede pedirnos que corrijamos lo que esté mal y puede oponerse a que se envíe información sobre usted.
contact = Si tiene alguna pregunta, o si algo de esto no es correcto, diríjase a { $contact }.
our-office = la oficina que le entregó esta carta y pregunte por la persona responsable de la protección de datos
